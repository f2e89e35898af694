import { expect, test } from "vitest";
import { parseOffset, toTakenAt, wallTimeWords } from "./wall-time";

test("a wall time is written as it is, in whatever zone the browser is", () => {
  const words = wallTimeWords({ taken_at_local: "2026-06-13T18:42:07.25" }, "en-GB");
  expect(words).toEqual({ day: "Saturday, 13 June 2026", time: "18:42" });
});

test.each([
  ["+01:00", "+01:00"],
  ["-0930", "-09:30"],
  ["−5", "-05:00"],
  [" +5:45 ", "+05:45"],
  ["+15:00", null],
  ["+01:75", null],
  ["CET", null],
  ["", null],
])("%s is the offset %s", (text, offset) => {
  expect(parseOffset(text)).toBe(offset);
});

test("fields without seconds make a time with seconds", () => {
  expect(toTakenAt("2026-06-13T18:42", "+01:00")).toBe("2026-06-13T18:42:00+01:00");
  expect(toTakenAt("2026-06-13T18:42:07", "")).toBe("2026-06-13T18:42:07");
});
