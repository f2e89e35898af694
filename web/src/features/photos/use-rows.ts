/** Justified rows of a list, of which those near the window's view are rendered. */

import { type RefObject, useLayoutEffect, useMemo, useState } from "react";
import {
  createTimeline,
  DEFAULT_STATISTICS,
  gridMetrics,
  layoutMonth,
  runAtOnce,
  type Span,
  type Timeline,
  type VisibleRows,
  visibleMonths,
  withMonth,
} from "@/features/timeline/layout";
import type { Photo } from "./photo-grid";

/** A list is laid out as one day of one month, which has no heading. */
export const GROUP = "2000-01";
const WITHOUT_HEADINGS = { monthHeadingHeight: 0, dayHeadingHeight: 0 };
/** The span is computed anew after so many pixels. */
const STEP = 300;

export interface ListRows {
  readonly timeline: Timeline;
  readonly rows: VisibleRows | undefined;
}

export function useRows(
  container: RefObject<HTMLElement | null>,
  photos: readonly Photo[],
): ListRows {
  const { width, span } = useView(container);
  const timeline = useMemo(() => {
    const metrics = gridMetrics(width, WITHOUT_HEADINGS);
    const group = {
      month: GROUP,
      ids: photos.map(({ id }) => id),
      ratios: Float32Array.from(photos, ratioOf),
      days: new Uint8Array(photos.length).fill(1),
    };
    const empty = createTimeline([], metrics, DEFAULT_STATISTICS);
    return withMonth(empty, group, runAtOnce(layoutMonth(group, metrics)));
  }, [photos, width]);
  const [rows] = width === 0 ? [] : visibleMonths(timeline, span);
  return { timeline, rows: rows?.kind === "rows" ? rows : undefined };
}

function ratioOf({ width, height }: Photo): number {
  return width && height ? width / height : 0;
}

interface View {
  readonly width: number;
  readonly span: Span;
}

/** Return the width of the container, and the part of it that is in view or a viewport away. */
function useView(container: RefObject<HTMLElement | null>): View {
  const [view, setView] = useState<View>({ width: 0, span: { top: 0, bottom: 0 } });
  useLayoutEffect(() => {
    const element = container.current;
    if (element === null) return;
    const measure = () => {
      const { top: below } = element.getBoundingClientRect();
      const width = element.clientWidth;
      const top = Math.floor((-below - window.innerHeight) / STEP) * STEP;
      const bottom = top + 3 * window.innerHeight + STEP;
      setView((before) =>
        before.width === width && before.span.top === top && before.span.bottom === bottom
          ? before
          : { width, span: { top: Math.max(0, top), bottom: Math.max(0, bottom) } },
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    window.addEventListener("scroll", measure, { passive: true });
    window.addEventListener("resize", measure);
    return () => {
      observer.disconnect();
      window.removeEventListener("scroll", measure);
      window.removeEventListener("resize", measure);
    };
  }, [container]);
  return view;
}
