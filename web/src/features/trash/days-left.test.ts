import { expect, test } from "vitest";
import { daysLeft } from "./days-left";

const NOW = new Date("2026-06-20T12:00:00Z");

test.each([
  ["2026-06-20T11:59:00Z", 30],
  ["2026-06-19T11:59:00Z", 29],
  ["2026-05-21T12:30:00Z", 1],
  ["2026-05-21T11:00:00Z", 0],
])("of a photo trashed at %s %i days are left", (trashedAt, days) => {
  expect(daysLeft(trashedAt, 30, NOW)).toBe(days);
});
