/** What the layout reads of a month: columns of its photos, the latest wall time first. */

import { at } from "./columns";

export interface MonthPhotos {
  /** `YYYY-MM` of the wall time. */
  readonly month: string;
  readonly ids: readonly string[];
  /** Width through height; 0 or NaN before the picture was read. */
  readonly ratios: Float32Array;
  /** Day of the month, 1 to 31, never ascending. */
  readonly days: Uint8Array;
}

/** The fields of an item of `GET /api/v1/timeline/{month}` that the layout reads. */
export interface TimelineItem {
  readonly id: string;
  readonly aspect_ratio?: number | null;
  /** ISO 8601 without offset. */
  readonly taken_at_local: string;
}

/** Return the columns of a month's items, in the order of the API. */
export function toMonthPhotos(month: string, items: readonly TimelineItem[]): MonthPhotos {
  return {
    month,
    ids: items.map((item) => item.id),
    ratios: Float32Array.from(items, (item) => item.aspect_ratio ?? 0),
    days: Uint8Array.from(items, (item) => Number(item.taken_at_local.slice(8, 10))),
  };
}

/** Return the end, exclusive, of the photos that have the day of photo `first`. */
export function endOfDay(days: Uint8Array, first: number): number {
  const day = at(days, first);
  let end = first + 1;
  while (end < days.length && days[end] === day) end++;
  return end;
}
