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

/** The columns of `GET /api/v1/timeline/{month}` that the layout reads. */
export interface TimelineColumns {
  readonly month: string;
  readonly id: readonly string[];
  readonly aspect_ratio: readonly (number | null)[];
  /** Wall time since the month began, in seconds. */
  readonly second: readonly number[];
}

const SECONDS_PER_DAY = 86_400;

/** Return what the layout reads of a month, in the order of the API. */
export function toMonthPhotos(columns: TimelineColumns): MonthPhotos {
  return {
    month: columns.month,
    ids: columns.id,
    ratios: Float32Array.from(columns.aspect_ratio, (ratio) => ratio ?? 0),
    days: Uint8Array.from(columns.second, (second) => 1 + Math.floor(second / SECONDS_PER_DAY)),
  };
}

/** Return the end, exclusive, of the photos that have the day of photo `first`. */
export function endOfDay(days: Uint8Array, first: number): number {
  const day = at(days, first);
  let end = first + 1;
  while (end < days.length && days[end] === day) end++;
  return end;
}
