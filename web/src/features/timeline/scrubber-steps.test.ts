import { expect, test } from "vitest";
import { createTimeline, DEFAULT_STATISTICS, gridMetrics } from "./layout";
import { monthBeside } from "./scrubber-steps";

const MONTHS = ["2026-03", "2026-01", "2025-12", "2025-04", "2023-07"];
const timeline = createTimeline(
  MONTHS.map((month) => ({ month, count: 9 })),
  gridMetrics(1200),
  DEFAULT_STATISTICS,
);

test.each([
  [0, "month", 1, 1],
  [0, "month", -1, 0],
  [4, "month", 1, 4],
  [1, "year", 1, 2],
  [2, "year", 1, 4],
  [4, "year", 1, 4],
  [4, "year", -1, 2],
  [3, "year", -1, 0],
] as const)("from month %i one %s by %i is month %i", (from, step, by, to) => {
  expect(monthBeside(timeline, from, step, by)).toBe(to);
});
