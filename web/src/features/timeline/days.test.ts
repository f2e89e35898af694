import { expect, test } from "vitest";
import { formatDay, formatMonth, formatShortDay } from "./days";

test("a day of another year is named with it", () => {
  const today = new Date(2026, 5, 20);
  expect(formatDay("2026-06-13", "en-GB", today)).toBe("Saturday 13 June");
  expect(formatDay("2019-06-13", "en-GB", today)).toBe("Thursday, 13 June 2019");
});

test("days and months have the names of the language", () => {
  expect(formatShortDay("2026-06-13", "de")).toBe("Sa., 13. Juni");
  expect(formatMonth("2026-06", "de")).toBe("Juni 2026");
});
