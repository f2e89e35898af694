import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyMetrics, anyRatio } from "./arbitraries";
import { at } from "./columns";
import { cellRatio, type GridMetrics } from "./grid-metrics";
import { BreakSearch, STEP_PHOTOS } from "./row-breaks";
import { runAtOnce } from "./slices";

/** The cost of the best breaks, by trying every one; undefined where a row cannot be. */
function leastCost(ratios: readonly number[], metrics: GridMetrics): number {
  const { width, gap, targetHeight: target, minHeight, maxHeight, maxLastHeight } = metrics;
  const cost = (start: number): number => {
    if (start === ratios.length) return 0;
    let least = Infinity;
    let sum = 0;
    let closed = false;
    for (let end = start + 1; end <= ratios.length; end++) {
      sum += at(ratios, end - 1);
      const height = (width - gap * (end - start - 1)) / sum;
      if (closed && height < minHeight) break;
      const last = end === ratios.length;
      let row = Infinity;
      if (last && height > maxLastHeight) row = 0.05 * (1 - target / height);
      else if (height <= maxHeight) row = height / target + target / height - 2;
      if (row < Infinity) least = Math.min(least, row + cost(end));
      closed ||= height <= target;
    }
    return least;
  };
  return cost(0);
}

function costOf(ends: readonly number[], ratios: readonly number[], metrics: GridMetrics): number {
  const { width, gap, targetHeight: target, maxLastHeight } = metrics;
  let start = 0;
  let total = 0;
  for (const end of ends) {
    const sum = ratios.slice(start, end).reduce((one, other) => one + other, 0);
    const height = (width - gap * (end - start - 1)) / sum;
    const short = end === ratios.length && height > maxLastHeight;
    total += short ? 0.05 * (1 - target / height) : height / target + target / height - 2;
    start = end;
  }
  return total;
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
