/**
 * Where the rows of a day end.
 *
 * The breaks are the shortest path over all rows that are possible, as Knuth and Plass break
 * paragraphs into lines ("Breaking Paragraphs into Lines", 1981), which Google's photo grids
 * do for pictures (C. Chedeau, "Google Plus Layout – Find Best Breaks", 2014; A. Harasymiv,
 * "Building the Google Photos Web UI", 2018). A row of photos with ratios r has the height
 * h = (width − gaps) / Σr; its cost is h/t + t/h − 2 for the target height t, which is near
 * (ln h/t)² and needs no logarithm.
 */

import { at, type Column } from "./columns";
import type { GridMetrics } from "./grid-metrics";

/** Photos between two yields: well below a millisecond of work each. */
export const STEP_PHOTOS = 1_024;

/**
 * A last row that is not full costs up to this, in proportion to what is empty: as much as a
 * row of 1.37 times the target height. A single photo in it is thus avoided where rows can
 * take it without harm.
 */
export const SHORT_ROW_COST = 0.1;

/** Working memory for days of up to `capacity` photos. */
export class BreakSearch {
  private readonly cost: Float64Array;
  private readonly previous: Uint32Array;

  constructor(capacity: number) {
    this.cost = new Float64Array(capacity + 1);
    this.previous = new Uint32Array(capacity + 1);
  }

  /**
   * Return the ends of the rows of photos `first` to `end`, ascending, exclusive; the last is
   * `end`. Yields at least every `STEP_PHOTOS` photos.
   *
   * `ratios` are within the bounds of the metrics. Between `lowestRowHeight` and `maxHeight`
   * there is always a row from any photo: the one that the first photo closes which takes it
   * to the target height or below. So every day has breaks.
   */
  *run(
    ratios: Column,
    first: number,
    end: number,
    metrics: GridMetrics,
  ): Generator<void, Uint32Array> {
    const count = end - first;
    this.cost.fill(Infinity, 0, count + 1);
    this.cost[0] = 0;
    for (let start = 0; start < count; start++) {
      // A photo that no chosen row ends before has no rows of its own.
      if (at(this.cost, start) < Infinity) this.extend(ratios, first, start, count, metrics);
      if (start % STEP_PHOTOS === STEP_PHOTOS - 1) yield;
    }
    return yield* this.collect(first, count);
  }

  /** Reach every break that a row from `start` can end at. */
  private extend(
    ratios: Column,
    first: number,
    start: number,
    count: number,
    metrics: GridMetrics,
  ): void {
    const { width, gap, targetHeight, minHeight, maxHeight, maxLastHeight } = metrics;
    const base = at(this.cost, start);
    let sum = 0;
    let closed = false;
    for (let next = start + 1; next <= count; next++) {
      sum += at(ratios, first + next - 1);
      const height = (width - gap * (next - start - 1)) / sum;
      if (closed && height < minHeight) return;
      if (next === count && height > maxLastHeight) {
        // The share of the width that the photos leave empty at the target height.
        this.reach(next, start, base + SHORT_ROW_COST * (1 - targetHeight / height));
      } else if (height <= maxHeight) {
        const stretch = height / targetHeight;
        this.reach(next, start, base + stretch + 1 / stretch - 2);
      }
      if (height <= targetHeight) closed = true;
    }
  }

  private reach(next: number, start: number, cost: number): void {
    if (cost < at(this.cost, next)) {
      this.cost[next] = cost;
      this.previous[next] = start;
    }
  }

  private *collect(first: number, count: number): Generator<void, Uint32Array> {
    let rows = 0;
    for (let end = count; end > 0; end = at(this.previous, end)) {
      rows++;
      if (rows % STEP_PHOTOS === 0) yield;
    }
    const ends = new Uint32Array(rows);
    let end = count;
    for (let row = rows - 1; row >= 0; row--) {
      ends[row] = first + end;
      end = at(this.previous, end);
      if (row % STEP_PHOTOS === 0) yield;
    }
    return ends;
  }
}
