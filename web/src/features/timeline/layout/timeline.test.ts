import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anyBuckets,
  anyMetrics,
  anyMonth,
  anyTimeline,
  largeTimeline,
  load,
  monthOf,
  usualRatio,
} from "./arbitraries";
import { at } from "./columns";
import { gridMetrics } from "./grid-metrics";
import { DEFAULT_STATISTICS, estimateMonthHeight, libraryStatistics } from "./month-estimate";
import { layoutMonth, rowCount, sectionBottom } from "./month-layout";
import { runAtOnce } from "./slices";
import {
  createTimeline,
  monthAt,
  type Timeline,
  withBuckets,
  withMetrics,
  withoutPhotos,
} from "./timeline";
import { spanWithOverscan, visibleMonths, visibleRows } from "./visible-months";

const anySpan = fc.record({
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 2_000 }),
});

function expectStacked(timeline: Timeline): void {
  let top = 0;
  timeline.months.forEach((month, index) => {
    expect(at(timeline.tops, index)).toBe(top);
    expect(month.height).toBeGreaterThan(0);
    top += month.height;
    const next = timeline.months[index + 1];
    if (next !== undefined) expect(next.month < month.month).toBe(true);
  });
  expect(timeline.height).toBe(top);
  expect(at(timeline.tops, timeline.months.length)).toBe(top);
}

describe("a timeline", () => {
  it("stacks estimated months without gap, in order, whatever the buckets", () => {
    fc.assert(
      fc.property(anyBuckets, anyMetrics, (buckets, metrics) => {
        const shuffled = [...buckets].reverse();
        const timeline = createTimeline(shuffled, metrics, DEFAULT_STATISTICS);
        expectStacked(timeline);
        expect(timeline.months.map(({ month, count }) => ({ month, count }))).toEqual(buckets);
      }),
    );
  });

  it("replaces an estimate by the layout and stays stacked", () => {
    fc.assert(
      fc.property(anyTimeline, anyMonth("2026-10"), (timeline, photos) => {
        const after = load(timeline, photos);
        expectStacked(after);
        const month = after.months.find((each) => each.month === "2026-10");
        expect(month?.kind).toBe("loaded");
        expect(month?.count).toBe(photos.ids.length);
        expectStacked(load(after, { ...photos, month: "1999-01" }));
      }),
    );
  });

  it("takes out a month whose last photo is gone", () => {
    fc.assert(
      fc.property(anyTimeline, (timeline) => {
        const month = timeline.months[0]?.month ?? "";
        const empty = { month, ids: [], ratios: new Float32Array(), days: new Uint8Array() };
        const after = load(timeline, empty);
        expect(after.months).toEqual(timeline.months.slice(1));
      }),
    );
  });

  it("keeps every height when photos are unloaded", () => {
    fc.assert(
      fc.property(anyTimeline, fc.nat(7), (timeline, index) => {
        const month = timeline.months[index % timeline.months.length]?.month ?? "";
        const after = withoutPhotos(timeline, month);
        expect(after.tops).toEqual(timeline.tops);
        expect(after.months.find((each) => each.month === month)?.kind).toBe("estimated");
      }),
    );
  });

  it("keeps months that new buckets leave alone", () => {
    fc.assert(
      fc.property(anyTimeline, (timeline) => {
        const buckets = timeline.months.map(({ month, count }) => ({ month, count }));
        const added = [{ month: "2027-01", count: 5 }, ...buckets];
        const after = withBuckets(timeline, added);
        expectStacked(after);
        expect(after.months.slice(1)).toEqual(timeline.months);
        expect(withBuckets(after, buckets)).toEqual(timeline);
      }),
    );
  });

  it("keeps loaded months loaded on another width where they are laid out", () => {
    fc.assert(
      fc.property(anyTimeline, anyMetrics, (timeline, metrics) => {
        const loaded = timeline.months.filter((each) => each.kind === "loaded");
        const layouts = new Map(
          loaded.map((each) => [each.month, runAtOnce(layoutMonth(each.photos, metrics))]),
        );
        const statistics = libraryStatistics(
          loaded.map((each) => each.photos),
          metrics,
        );
        const after = withMetrics(timeline, metrics, statistics, layouts);
        expectStacked(after);
        expect(after.months.map((each) => each.kind)).toEqual(
          timeline.months.map((each) => each.kind),
        );
        const estimated = withMetrics(timeline, metrics, statistics, new Map());
        expect(estimated.months.every((each) => each.kind === "estimated")).toBe(true);
      }),
    );
  });

  it("finds the month at a position", () => {
    fc.assert(
      fc.property(anyTimeline, fc.double({ min: 0, max: 1, noNaN: true }), (timeline, share) => {
        const position = Math.floor(share * (timeline.height - 1));
        const index = monthAt(timeline, position);
        expect(at(timeline.tops, index)).toBeLessThanOrEqual(position);
        expect(at(timeline.tops, index + 1)).toBeGreaterThan(position);
      }),
    );
  });
});

describe("an estimate", () => {
  it("grows with the number of photos, steps of full days aside", () => {
    fc.assert(
      fc.property(anyMetrics, fc.integer({ min: 1, max: 5_000 }), (metrics, count) => {
        const height = (photos: number): number =>
          estimateMonthHeight("2026-10", photos, metrics, DEFAULT_STATISTICS);
        expect(height(count)).toBeGreaterThan(0);
        expect(height(4 * count + 1_000)).toBeGreaterThan(height(count));
      }),
    );
  });

  it("is within half and twice the layout for photos spread evenly over days", () => {
    const anyMonthLength = fc.integer({ min: 1, max: 28 });
    const anyRatios = fc.array(usualRatio, { minLength: 200, maxLength: 800 });
    const anyWidth = fc.integer({ min: 320, max: 2_400 });
    fc.assert(
      fc.property(anyRatios, anyMonthLength, anyWidth, (ratios, days, width) => {
        const count = ratios.length;
        const photos = monthOf(
          "2026-10",
          ratios.map((ratio, index) => [ratio, 1 + Math.floor((index * days) / count)] as const),
        );
        const metrics = gridMetrics(width);
        const statistics = libraryStatistics([photos], metrics);
        const { height } = runAtOnce(layoutMonth(photos, metrics));
        const estimate = estimateMonthHeight("2026-10", count, metrics, statistics);
        expect(estimate / height).toBeGreaterThan(0.5);
        expect(estimate / height).toBeLessThan(2);
      }),
    );
  });
});

describe("what is in view", () => {
  it("is every month that touches it, as rows or as a skeleton", () => {
    fc.assert(
      fc.property(anyTimeline, anySpan, (timeline, { share, length }) => {
        const top = share * timeline.height;
        const span = { top, bottom: top + length };
        const visible = visibleMonths(timeline, span);
        timeline.months.forEach((month, index) => {
          const monthTop = at(timeline.tops, index);
          const touches = monthTop < span.bottom && monthTop + month.height > span.top;
          const entry = visible.find((each) => each.index === index);
          expect(entry !== undefined).toBe(touches);
          if (entry?.kind !== "skeleton") return;
          expect(entry.top).toBe(Math.max(monthTop, span.top));
          expect(entry.bottom).toBe(Math.min(monthTop + month.height, span.bottom));
        });
      }),
    );
  });

  it("is every row and section that touches it, and none that ends at its edge", () => {
    const anyCase = fc.tuple(anyMonth("2026-10"), anyMetrics, anySpan, fc.boolean());
    fc.assert(
      fc.property(anyCase, ([photos, metrics, { share, length }, atEdge]) => {
        const layout = runAtOnce(layoutMonth(photos, metrics));
        const row = Math.floor(share * (rowCount(layout) - 1));
        const edge = at(layout.rowTop, row) + at(layout.rowHeight, row);
        const top = atEdge ? edge : Math.floor(share * layout.height);
        const span = { top, bottom: top + length };
        const range = visibleRows(layout, span);
        layout.rowTop.forEach((rowTop, index) => {
          const touches = rowTop < span.bottom && rowTop + at(layout.rowHeight, index) > span.top;
          expect(index >= range.firstRow && index < range.endRow).toBe(touches);
        });
        layout.sectionTop.forEach((sectionTop, index) => {
          const touches = sectionTop < span.bottom && sectionBottom(layout, index) > span.top;
          expect(index >= range.firstSection && index < range.endSection).toBe(touches);
        });
      }),
    );
  });

  it("is nothing from the content's end on", () => {
    fc.assert(
      fc.property(anyTimeline, fc.nat(10), (timeline, beyond) => {
        const top = timeline.height + beyond;
        expect(visibleMonths(timeline, { top, bottom: top + 800 })).toEqual([]);
      }),
    );
  });

  it("reaches further where scrolling goes, within the content", () => {
    const timeline = largeTimeline(100_000, 100, 1_200);
    expect(spanWithOverscan(timeline, 50_000, 1_000, "down")).toEqual({
      top: 49_500,
      bottom: 52_000,
    });
    expect(spanWithOverscan(timeline, 50_000, 1_000, "up")).toEqual({
      top: 49_000,
      bottom: 51_500,
    });
    expect(spanWithOverscan(timeline, 0, 1_000, "up").top).toBe(0);
  });

  it("is nothing in an empty timeline", () => {
    const empty = createTimeline([], gridMetrics(800), DEFAULT_STATISTICS);
    expect(visibleMonths(empty, { top: 0, bottom: 800 })).toEqual([]);
    expect(empty.height).toBe(0);
  });
});
