import { describe, expect, it } from "vitest";
import { browserClock, runAtOnce, runInSlices, type SliceClock } from "./slices";

/** A clock whose time passes by what the steps say they take. */
class WorkClock implements SliceClock {
  private time = 0;
  private sliceStart = 0;
  readonly slices: number[] = [];

  now(): number {
    return this.time;
  }

  work(milliseconds: number): void {
    this.time += milliseconds;
  }

  async pause(): Promise<void> {
    this.slices.push(this.time - this.sliceStart);
    this.sliceStart = this.time;
    await Promise.resolve();
  }
}

function* steps(clock: WorkClock, count: number, each: number): Generator<void, string> {
  for (let step = 0; step < count; step++) {
    clock.work(each);
    yield;
  }
  return "laid out";
}

describe("slices", () => {
  it("end as soon as their budget is used", async () => {
    const clock = new WorkClock();
    const result = await runInSlices(steps(clock, 100, 3), clock, { budget: 8 });
    expect(result).toBe("laid out");
    expect(clock.slices).toHaveLength(33);
    expect(new Set(clock.slices)).toEqual(new Set([9]));
  });

  it("do not pause for little work", async () => {
    const clock = new WorkClock();
    await runInSlices(steps(clock, 2, 3), clock);
    expect(clock.slices).toEqual([]);
  });

  it("end with the reason of a signal", async () => {
    const clock = new WorkClock();
    const controller = new AbortController();
    const run = runInSlices(steps(clock, 100, 3), clock, { signal: controller.signal });
    controller.abort(new Error("scrolled away"));
    await expect(run).rejects.toThrow("scrolled away");
    expect(clock.slices).toHaveLength(1);
  });

  it("have the same result at once", () => {
    expect(runAtOnce(steps(new WorkClock(), 5, 1))).toBe("laid out");
  });

  it("pause until a later task of the browser, in turn", async () => {
    const clock = browserClock();
    const ended: string[] = [];
    const first = clock.pause().then(() => ended.push("first"));
    const second = clock.pause().then(() => ended.push("second"));
    for (let microtask = 0; microtask < 100; microtask++) await Promise.resolve();
    expect(ended).toEqual([]);
    await Promise.all([first, second]);
    expect(ended).toEqual(["first", "second"]);
  });
});
