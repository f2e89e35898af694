/**
 * The timeline: months from the latest to the earliest, each with its top and height.
 *
 * Positions are virtual: pixels below the top of the whole timeline, whatever the browser can
 * scroll (see `scroll-state.ts`). Values are immutable; a change costs O(months).
 */

import { at, clamp, firstIndex, itemAt } from "./columns";
import type { GridMetrics } from "./grid-metrics";
import { estimateMonthHeight, type LibraryStatistics } from "./month-estimate";
import type { MonthLayout } from "./month-layout";
import type { MonthPhotos } from "./month-photos";

/** A bucket of `GET /api/v1/timeline`. */
export interface MonthBucket {
  /** `YYYY-MM`. */
  readonly month: string;
  readonly count: number;
}

/** A month whose photos are not laid out; its height is a guess, or what it last was. */
export interface EstimatedMonth extends MonthBucket {
  readonly kind: "estimated";
  readonly height: number;
}

export interface LoadedMonth extends MonthBucket {
  readonly kind: "loaded";
  readonly height: number;
  readonly photos: MonthPhotos;
  readonly layout: MonthLayout;
}

export type TimelineMonth = EstimatedMonth | LoadedMonth;

export interface Timeline {
  readonly metrics: GridMetrics;
  readonly statistics: LibraryStatistics;
  /** The latest first; every month once. */
  readonly months: readonly TimelineMonth[];
  /** Top of each month, and the height of all as the last entry. */
  readonly tops: Float64Array;
  readonly height: number;
}

/** A photo of a loaded month. */
export interface PhotoPosition {
  /** `YYYY-MM`. */
  readonly month: string;
  /** Index in the month. */
  readonly photo: number;
}

/** Return a timeline of estimated months. */
export function createTimeline(
  buckets: readonly MonthBucket[],
  metrics: GridMetrics,
  statistics: LibraryStatistics,
): Timeline {
  const months = sortMonths(buckets).map((bucket) => estimate(bucket, metrics, statistics));
  return assemble(months, metrics, statistics);
}

/**
 * Return the timeline with a month's photos laid out, for the first time or anew.
 *
 * `layout` has been made with the timeline's metrics. A month that has no bucket is put where
 * it belongs; one without photos is taken out.
 */
export function withMonth(timeline: Timeline, photos: MonthPhotos, layout: MonthLayout): Timeline {
  const count = photos.ids.length;
  const months = timeline.months.filter((each) => each.month !== photos.month);
  if (count > 0) {
    const index = firstIndex(months.length, (each) => itemAt(months, each).month < photos.month);
    const { month } = photos;
    months.splice(index, 0, {
      kind: "loaded",
      month,
      count,
      height: layout.height,
      photos,
      layout,
    });
  }
  return assemble(months, timeline.metrics, timeline.statistics);
}

/** Return the timeline without a month's photos. Its height stays, so nothing moves. */
export function withoutPhotos(timeline: Timeline, month: string): Timeline {
  const months = timeline.months.map((each) =>
    each.month === month
      ? { kind: "estimated" as const, month, count: each.count, height: each.height }
      : each,
  );
  return assemble(months, timeline.metrics, timeline.statistics);
}

/** Return the timeline with new buckets; a month whose count is the same stays as it is. */
export function withBuckets(timeline: Timeline, buckets: readonly MonthBucket[]): Timeline {
  const { metrics, statistics } = timeline;
  const previous = new Map(timeline.months.map((each) => [each.month, each]));
  const months = sortMonths(buckets).map((bucket) => {
    const month = previous.get(bucket.month);
    // Photos that are laid out stay in view until the month is loaded again.
    if (month?.kind === "loaded" || month?.count === bucket.count) return month;
    return estimate(bucket, metrics, statistics);
  });
  return assemble(months, metrics, statistics);
}

/**
 * Return the timeline for other metrics, as after a change of the container's width.
 *
 * `layouts` are those made with the new metrics, by month: at least of the months in view. The
 * others become estimates until they are laid out.
 */
export function withMetrics(
  timeline: Timeline,
  metrics: GridMetrics,
  statistics: LibraryStatistics,
  layouts: ReadonlyMap<string, MonthLayout>,
): Timeline {
  const months = timeline.months.map((each): TimelineMonth => {
    const layout = layouts.get(each.month);
    if (each.kind === "loaded" && layout !== undefined) {
      return { ...each, layout, height: layout.height };
    }
    return estimate(each, metrics, statistics);
  });
  return assemble(months, metrics, statistics);
}

/** Return the index of the month at a position; that of the nearest one outside of them all. */
export function monthAt(timeline: Timeline, position: number): number {
  const count = timeline.months.length;
  const index = firstIndex(count, (month) => at(timeline.tops, month + 1) > position);
  return clamp(index, 0, count - 1);
}

/** Return the index of a month, or of the next earlier one where it has no photos. */
export function indexOfMonth(timeline: Timeline, month: string): number {
  const { months } = timeline;
  return firstIndex(months.length, (index) => itemAt(months, index).month <= month);
}

/** Return a month with its photos. Throws `RangeError` where it is not loaded. */
export function loadedMonth(timeline: Timeline, month: string): LoadedMonth {
  const loaded = timeline.months[indexOfMonth(timeline, month)];
  if (loaded?.month !== month || loaded.kind !== "loaded") {
    throw new RangeError(`month is not loaded: ${month}`);
  }
  return loaded;
}

function sortMonths(buckets: readonly MonthBucket[]): readonly MonthBucket[] {
  return buckets
    .filter((bucket) => bucket.count > 0)
    .sort((one, other) => (one.month < other.month ? 1 : -1));
}

function estimate(
  { month, count }: MonthBucket,
  metrics: GridMetrics,
  statistics: LibraryStatistics,
): EstimatedMonth {
  const height = estimateMonthHeight(month, count, metrics, statistics);
  return { kind: "estimated", month, count, height };
}

function assemble(
  months: readonly TimelineMonth[],
  metrics: GridMetrics,
  statistics: LibraryStatistics,
): Timeline {
  const tops = new Float64Array(months.length + 1);
  let height = 0;
  months.forEach((month, index) => {
    tops[index] = height;
    height += month.height;
  });
  tops[months.length] = height;
  return { metrics, statistics, months, tops, height };
}
