/** Months and timelines for property tests. */

import fc from "fast-check";
import { type GridMetrics, gridMetrics } from "./grid-metrics";
import { DEFAULT_STATISTICS } from "./month-estimate";
import { layoutMonth } from "./month-layout";
import type { MonthPhotos } from "./month-photos";
import { runAtOnce } from "./slices";
import { createTimeline, type MonthBucket, type Timeline, withMonth } from "./timeline";

export const usualRatio = fc.constantFrom(0.5625, 0.75, 1, 4 / 3, 1.5, 16 / 9);
const rareRatio = fc.oneof(
  fc.double({ min: 1 / 30, max: 30, noNaN: true }),
  fc.constantFrom(0, Number.NaN, Infinity, -1, 1 / 30, 30, 1e-30, 1e30),
);

export const anyRatio = fc.oneof({ weight: 4, arbitrary: usualRatio }, rareRatio);

export const anyMetrics: fc.Arbitrary<GridMetrics> = fc
  .record({
    width: fc.oneof(fc.integer({ min: 320, max: 2_600 }), fc.integer({ min: -1, max: 40_000 })),
    zoom: fc.double({ min: 0.4, max: 2.2, noNaN: true }),
    monthHeadingHeight: fc.constantFrom(0, 56),
  })
  .map(({ width, ...options }) => gridMetrics(width, options));

/** A month of photos by their days; ids are unique in all months. */
export function monthOf(
  month: string,
  photos: readonly (readonly [number, number])[],
): MonthPhotos {
  const sorted = [...photos].sort(([, one], [, other]) => other - one);
  return {
    month,
    ids: sorted.map((_, index) => `${month}/${index}`),
    ratios: Float32Array.from(sorted, ([ratio]) => ratio),
    days: Uint8Array.from(sorted, ([, day]) => day),
  };
}

export function anyMonth(month: string, maxLength = 120, minLength = 1): fc.Arbitrary<MonthPhotos> {
  const photo = fc.tuple(anyRatio, fc.integer({ min: 1, max: 28 }));
  return fc.array(photo, { minLength, maxLength }).map((photos) => monthOf(month, photos));
}

/** Names of months, the latest first. */
export function monthNames(count: number, latestYear = 2026): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const year = latestYear - Math.floor(index / 12);
    return `${String(year).padStart(4, "0")}-${String(12 - (index % 12)).padStart(2, "0")}`;
  });
}

export const anyBuckets: fc.Arbitrary<readonly MonthBucket[]> = fc
  .tuple(
    fc.array(fc.option(fc.integer({ min: 1, max: 20_000 })), { minLength: 1, maxLength: 60 }),
    fc.integer({ min: 1, max: 20_000 }),
  )
  .map(([counts, last]) => {
    const names = monthNames(counts.length + 1);
    return [...counts, last].flatMap((count, index) => {
      const month = names[index];
      return month === undefined || count === null ? [] : [{ month, count }];
    });
  });

/** Lay out a month and put it into a timeline. */
export function load(timeline: Timeline, photos: MonthPhotos): Timeline {
  return withMonth(timeline, photos, runAtOnce(layoutMonth(photos, timeline.metrics)));
}

/** A timeline of which some months are loaded. */
export const anyTimeline: fc.Arbitrary<Timeline> = fc
  .tuple(
    fc.array(fc.tuple(anyMonth("2000-01", 80), fc.boolean()), { minLength: 1, maxLength: 8 }),
    anyMetrics,
  )
  .map(([months, metrics]) => {
    const names = monthNames(months.length);
    const named = months.map(([photos, loaded], index) => {
      const month = names[index] ?? "";
      const ids = photos.ids.map((id) => id.replace("2000-01", month));
      return { photos: { ...photos, month, ids }, loaded };
    });
    const buckets = named.map(({ photos: { month, ids } }) => ({ month, count: ids.length }));
    const estimated = createTimeline(buckets, metrics, DEFAULT_STATISTICS);
    return named
      .filter(({ loaded }) => loaded)
      .reduce((timeline, { photos }) => load(timeline, photos), estimated);
  });

/** A timeline of `count` photos, in equal months of estimated height. */
export function largeTimeline(count: number, months: number, width: number): Timeline {
  const perMonth = Math.floor(count / months);
  const buckets = monthNames(months).map((month, index) => ({
    month,
    count: perMonth + (index < count % months ? 1 : 0),
  }));
  return createTimeline(buckets, gridMetrics(width), DEFAULT_STATISTICS);
}
