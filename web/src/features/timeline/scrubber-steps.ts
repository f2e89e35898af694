/** Steps of the scrubber by keyboard: from month to month, from year to year. */

import type { Timeline } from "./layout";

/** Return the index of the month that `step` months or years lead to from another. */
export function monthBeside(timeline: Timeline, index: number, step: "month" | "year", by: 1 | -1) {
  const { months } = timeline;
  const last = months.length - 1;
  if (step === "month") return Math.min(Math.max(index + by, 0), last);
  const yearOf = (at: number) => months[at]?.month.slice(0, "YYYY".length);
  let next = index;
  while (next + by >= 0 && next + by <= last && yearOf(next) === yearOf(index)) next += by;
  // Back to the latest month of that year, where it begins.
  while (by === -1 && next > 0 && yearOf(next - 1) === yearOf(next)) next -= 1;
  return next;
}
