import { expect, test } from "vitest";
import { formatDuration, formatSpeed } from "./format-rate";
import { formatWhen } from "./format-when";

test("a speed has the largest unit in which it is at least one", () => {
  expect(formatSpeed(0, "en")).toBe("0 kB/s");
  expect(formatSpeed(300 * 1024, "en")).toBe("300 kB/s");
  expect(formatSpeed(2.5 * 1024 ** 2, "en")).toBe("2.5 MB/s");
  expect(formatSpeed(2.5 * 1024 ** 2, "de")).toBe("2,5 MB/s");
});

test("a time left is rounded up, the more the longer it is", () => {
  const times = [0.2, 3.1, 41, 61, 3 * 3600 + 1].map((seconds) => formatDuration(seconds, "en"));
  expect(times).toEqual(["1 second", "4 seconds", "45 seconds", "2 minutes", "4 hours"]);
});

test("a moment is said by how long ago it is, and by its date after a week", () => {
  const now = new Date("2026-06-14T12:00:00");
  const ago = (ms: number) => formatWhen(new Date(now.getTime() - ms), "en", now);
  expect(ago(-5_000)).toBe("now");
  expect(ago(150_000)).toBe("2 minutes ago");
  expect(ago(26 * 3_600_000)).toBe("yesterday");
  expect(ago(30 * 86_400_000)).toBe("May 15, 2026");
});
