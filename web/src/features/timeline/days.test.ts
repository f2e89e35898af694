import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDay, groupByDay } from "./days";

const wallTimes = fc
  .array(fc.date({ min: new Date("1900-01-01"), max: new Date("2099-12-31"), noInvalidDate: true }))
  .map((dates) => dates.map((date) => ({ taken_at_local: date.toISOString() })))
  .map((photos) => photos.sort((a, b) => b.taken_at_local.localeCompare(a.taken_at_local)));

test("days have all photos in their order, and no day comes twice", () => {
  fc.assert(
    fc.property(wallTimes, (photos) => {
      const days = groupByDay(photos);
      expect(days.flatMap((day) => day.photos)).toEqual(photos);
      expect(new Set(days.map((day) => day.date)).size).toBe(days.length);
      for (const day of days) {
        expect(day.photos.every((photo) => photo.taken_at_local.startsWith(day.date))).toBe(true);
      }
    }),
  );
});

test("a day of another year is named with it", () => {
  const today = new Date(2026, 5, 20);
  expect(formatDay("2026-06-13", "en-GB", today)).toBe("Saturday 13 June");
  expect(formatDay("2019-06-13", "en-GB", today)).toBe("Thursday, 13 June 2019");
});
