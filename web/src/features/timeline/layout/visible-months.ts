/** What of the timeline has to be in the document for a view of it. */

import { at, clamp, firstIndex, itemAt } from "./columns";
import { type MonthLayout, rowCount, sectionBottom, sectionCount } from "./month-layout";
import { type LoadedMonth, monthAt, type Timeline } from "./timeline";

/** From `top` until before `bottom`, in virtual pixels. */
export interface Span {
  readonly top: number;
  readonly bottom: number;
}

/** Rows and sections of a loaded month; ends are exclusive, and both may be empty. */
export interface VisibleRows {
  readonly kind: "rows";
  /** Index in the timeline. */
  readonly index: number;
  readonly month: LoadedMonth;
  /** Top of the month, which the layout's tops are added to. */
  readonly top: number;
  readonly firstRow: number;
  readonly endRow: number;
  readonly firstSection: number;
  readonly endSection: number;
}

/** A part of a month to load, which a skeleton stands for. */
export interface VisibleSkeleton extends Span {
  readonly kind: "skeleton";
  readonly index: number;
  readonly month: string;
}

export type VisibleMonth = VisibleRows | VisibleSkeleton;

/** Pixels to render beyond the view, in shares of its height. */
const OVERSCAN_AHEAD = 1;
const OVERSCAN_BEHIND = 0.5;

/** Return the view with its overscan, more of it where scrolling goes. */
export function spanWithOverscan(
  timeline: Timeline,
  position: number,
  viewportHeight: number,
  direction: "up" | "down",
): Span {
  const ahead = viewportHeight * OVERSCAN_AHEAD;
  const behind = viewportHeight * OVERSCAN_BEHIND;
  const above = direction === "up" ? ahead : behind;
  const below = direction === "up" ? behind : ahead;
  return {
    top: clamp(position - above, 0, timeline.height),
    bottom: clamp(position + viewportHeight + below, 0, timeline.height),
  };
}

/** Return the months that a span touches, from top to bottom; none for an empty span. */
export function visibleMonths(timeline: Timeline, span: Span): readonly VisibleMonth[] {
  const visible: VisibleMonth[] = [];
  if (timeline.months.length === 0 || !(span.top < span.bottom)) return visible;
  for (let index = monthAt(timeline, span.top); index < timeline.months.length; index++) {
    const top = at(timeline.tops, index);
    if (top >= span.bottom) break;
    const month = itemAt(timeline.months, index);
    if (top + month.height <= span.top) break;
    if (month.kind === "loaded") {
      const within = { top: span.top - top, bottom: span.bottom - top };
      const rows = visibleRows(month.layout, within);
      visible.push({ kind: "rows", index, month, top, ...rows });
    } else {
      visible.push({
        kind: "skeleton",
        index,
        month: month.month,
        top: Math.max(span.top, top),
        bottom: Math.min(span.bottom, top + month.height),
      });
    }
  }
  return visible;
}

/** Return rows and sections of a layout that a span of it, in its own pixels, touches. */
export function visibleRows(
  layout: MonthLayout,
  { top, bottom }: Span,
): Pick<VisibleRows, "firstRow" | "endRow" | "firstSection" | "endSection"> {
  const rows = rowCount(layout);
  const sections = sectionCount(layout);
  return {
    firstRow: firstIndex(rows, (row) => at(layout.rowTop, row) + at(layout.rowHeight, row) > top),
    endRow: firstIndex(rows, (row) => at(layout.rowTop, row) >= bottom),
    firstSection: firstIndex(sections, (section) => sectionBottom(layout, section) > top),
    endSection: firstIndex(sections, (section) => at(layout.sectionTop, section) >= bottom),
  };
}
