/**
 * What is in view, independently of heights, so that it stays where it is when they change.
 *
 * Take an anchor before the timeline changes, resolve it after: the position it returns shows
 * the anchor at the same distance from the viewport's top.
 */

import { at, clamp, itemAt } from "./columns";
import { rowOfPhoto } from "./month-layout";
import { indexOfMonth, monthAt, type Timeline, type TimelineMonth } from "./timeline";
import { dateAt, positionOfDate, topOfDay } from "./timeline-dates";
import { type Span, type VisibleRows, visibleMonths } from "./visible-months";

/** The row of a photo. */
export interface PhotoAnchor {
  readonly kind: "photo";
  readonly month: string;
  readonly photoId: string;
  /** Index in the month, for when the photo is gone. */
  readonly photo: number;
  /** Pixels from the viewport's top down to the row's top; negative above it. */
  readonly distance: number;
}

/** A date: where the scrubber has jumped to, or what skeletons stand for. */
export interface DateAnchor {
  readonly kind: "date";
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Where between this day's top and the next earlier day's top; 0 to 1. */
  readonly fraction: number;
  readonly distance: number;
}

/** The top of a month. */
export interface MonthAnchor {
  readonly kind: "month";
  readonly month: string;
  readonly distance: number;
}

/** The timeline's very start, so that what is added there comes into view. */
export interface StartAnchor {
  readonly kind: "start";
}

export type ScrollAnchor = PhotoAnchor | DateAnchor | MonthAnchor | StartAnchor;

/**
 * Return the anchor of a view; undefined for an empty timeline.
 *
 * It is the first row that is in view as a whole, else the first in part, else the top of a
 * month in view, else the date at the viewport's top.
 */
export function captureAnchor(
  timeline: Timeline,
  position: number,
  viewportHeight: number,
): ScrollAnchor | undefined {
  if (timeline.months.length === 0) return undefined;
  if (position <= 0) return { kind: "start" };
  const span = { top: position, bottom: position + Math.max(1, viewportHeight) };
  const rows = visibleMonths(timeline, span).filter((each) => each.kind === "rows");
  for (const month of rows) {
    const anchor = rowAnchor(month, span, true);
    if (anchor !== undefined) return anchor;
  }
  for (const month of rows) {
    const anchor = rowAnchor(month, span, false);
    if (anchor !== undefined) return anchor;
  }
  return topOrDateAnchor(timeline, span);
}

/** Return the anchor of a date at a distance from the viewport's top. */
export function dateAnchor(date: string, distance = 0): DateAnchor {
  return { kind: "date", date, fraction: 0, distance };
}

/** Return the position at which the anchor is where it was; not bounded to the content. */
export function resolveAnchor(timeline: Timeline, anchor: ScrollAnchor): number {
  if (anchor.kind === "start") return 0;
  return Math.round(topOfAnchor(timeline, anchor)) - anchor.distance;
}

function rowAnchor(
  { month, top, firstRow, endRow }: VisibleRows,
  span: Span,
  whole: boolean,
): PhotoAnchor | undefined {
  const { layout, photos } = month;
  for (let row = firstRow; row < endRow; row++) {
    const rowTop = top + at(layout.rowTop, row);
    const rowBottom = rowTop + at(layout.rowHeight, row);
    if (whole && (rowTop < span.top || rowBottom > span.bottom)) continue;
    const photo = at(layout.rowPhoto, row);
    const photoId = itemAt(photos.ids, photo);
    const distance = rowTop - span.top;
    return { kind: "photo", month: month.month, photoId, photo, distance };
  }
  return undefined;
}

function topOrDateAnchor(timeline: Timeline, { top, bottom }: Span): ScrollAnchor {
  let index = monthAt(timeline, top);
  if (at(timeline.tops, index) < top) {
    const next = at(timeline.tops, index + 1);
    if (next >= bottom || index + 1 === timeline.months.length) return dateAnchorAt(timeline, top);
    index++;
  }
  const { month } = itemAt(timeline.months, index);
  return { kind: "month", month, distance: at(timeline.tops, index) - top };
}

/** The date anchor of a month that covers the viewport's top. */
function dateAnchorAt(timeline: Timeline, position: number): DateAnchor {
  const date = dateAt(timeline, position) ?? "";
  const { start, end } = dayBounds(timeline, date);
  const fraction = end > start ? clamp((position - start) / (end - start), 0, 1) : 0;
  const anchorTop = Math.round(start + fraction * (end - start));
  return { kind: "date", date, fraction, distance: anchorTop - position };
}

function topOfAnchor(timeline: Timeline, anchor: Exclude<ScrollAnchor, StartAnchor>): number {
  if (anchor.kind === "date") {
    const { start, end } = dayBounds(timeline, anchor.date);
    return start + anchor.fraction * (end - start);
  }
  const index = indexOfMonth(timeline, anchor.month);
  const month = timeline.months[index];
  const top = at(timeline.tops, index);
  if (anchor.kind === "month" || month?.month !== anchor.month) return top;
  return top + topOfPhoto(month, anchor);
}

function topOfPhoto(month: TimelineMonth, anchor: PhotoAnchor): number {
  if (month.kind === "estimated") {
    return month.height * clamp(anchor.photo / month.count, 0, 1);
  }
  const { ids } = month.photos;
  const same = ids[anchor.photo] === anchor.photoId ? anchor.photo : ids.indexOf(anchor.photoId);
  const photo = same >= 0 ? same : Math.min(anchor.photo, ids.length - 1);
  return at(month.layout.rowTop, rowOfPhoto(month.layout, photo));
}

/** Where a date starts, and where the next earlier day of its month does, or the month ends. */
function dayBounds(
  timeline: Timeline,
  date: string,
): { readonly start: number; readonly end: number } {
  const start = positionOfDate(timeline, date);
  const month = timeline.months[monthAt(timeline, start)];
  const day = Number(date.slice(8));
  if (month === undefined || month.month !== date.slice(0, 7)) return { start, end: start };
  const top = at(timeline.tops, indexOfMonth(timeline, month.month));
  const next = day > 1 ? topOfDay(month, day - 1) : undefined;
  return { start, end: Math.max(start, top + (next ?? month.height)) };
}
