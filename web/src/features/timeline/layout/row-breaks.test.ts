import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyMetrics, anyRatio } from "./arbitraries";
import { cellRatio, type GridMetrics } from "./grid-metrics";
import { BreakSearch, SHORT_ROW_COST, STEP_PHOTOS } from "./row-breaks";
import { runAtOnce } from "./slices";

function heightOf(row: readonly number[], { width, gap }: GridMetrics): number {
  const sum = row.reduce((one, other) => one + other, 0);
  return (width - gap * (row.length - 1)) / sum;
}

/** The cost of a row; infinite where it is too high. */
function rowCost(height: number, last: boolean, metrics: GridMetrics): number {
  const { targetHeight, maxHeight, maxLastHeight } = metrics;
  if (last && height > maxLastHeight) return SHORT_ROW_COST * (1 - targetHeight / height);
  return height > maxHeight ? Infinity : height / targetHeight + targetHeight / height - 2;
}

/** The cost of the best breaks, by trying every one. */
function leastCost(ratios: readonly number[], metrics: GridMetrics): number {
  if (ratios.length === 0) return 0;
  let least = Infinity;
  let closed = false;
  for (let end = 1; end <= ratios.length; end++) {
    const height = heightOf(ratios.slice(0, end), metrics);
    if (closed && height < metrics.minHeight) break;
    const cost = rowCost(height, end === ratios.length, metrics);
    if (cost < Infinity) least = Math.min(least, cost + leastCost(ratios.slice(end), metrics));
    closed ||= height <= metrics.targetHeight;
  }
  return least;
}

function costOf(ends: readonly number[], ratios: readonly number[], metrics: GridMetrics): number {
  const starts = [0, ...ends];
  return ends
    .map((end, row) => ratios.slice(starts[row], end))
    .map((row, index) => rowCost(heightOf(row, metrics), index === ends.length - 1, metrics))
    .reduce((one, other) => one + other, 0);
}

describe("breaks of rows", () => {
  it("are the best of all that are possible", () => {
    const anyRatios = fc.array(anyRatio, { minLength: 1, maxLength: 14 });
    fc.assert(
      fc.property(anyRatios, anyMetrics, (someRatios, metrics) => {
        const ratios = someRatios.map((ratio) => cellRatio(ratio, metrics));
        const search = new BreakSearch(ratios.length);
        const ends = [...runAtOnce(search.run(ratios, 0, ratios.length, metrics))];
        expect(ends.at(-1)).toBe(ratios.length);
        expect(costOf(ends, ratios, metrics)).toBeCloseTo(leastCost(ratios, metrics), 9);
      }),
    );
  });

  it("yield at least every 1,024 photos, however long the day is", () => {
    const ratios = new Float32Array(10 * STEP_PHOTOS).fill(1.5);
    fc.assert(
      fc.property(anyMetrics, (metrics) => {
        const search = new BreakSearch(ratios.length);
        const steps = search.run(ratios, 0, ratios.length, metrics);
        let yields = 0;
        while (steps.next().done !== true) yields++;
        expect(yields).toBeGreaterThanOrEqual(10);
      }),
      { numRuns: 10 },
    );
  });
});
