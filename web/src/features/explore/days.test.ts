import { expect, test } from "vitest";
import { dayOf, daysOf, formatDate } from "./days";

test("today is the day of the person's own clock", () => {
  expect(dayOf(new Date(2026, 1, 9, 23, 59))).toBe("2026-02-09");
});

test("29 February may be among the photos of 28 February", () => {
  expect(daysOf(["2024-02-29T08:00:00", "2024-02-28T23:00:00"])).toEqual({
    from: "2024-02-28",
    to: "2024-02-29",
  });
  expect(daysOf([])).toBeUndefined();
});

test("a day does not depend on the zone of the browser", () => {
  expect(formatDate("2024-11-29", "en")).toBe("Nov 29, 2024");
});
