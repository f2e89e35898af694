import { expect, test } from "vitest";
import { EVERYTHING, NOTHING, togglePhoto, withGroup } from "./layout";
import { excludedIds } from "./timeline-selection";

test("all photos but some are named by those that are left out", () => {
  const selection = togglePhoto(togglePhoto(EVERYTHING, "2026-06", "a"), "2025-01", "b");
  expect(excludedIds(EVERYTHING)).toEqual([]);
  expect(excludedIds(selection)).toEqual(["a", "b"]);
  expect(excludedIds(togglePhoto(selection, "2026-06", "a"))).toEqual(["b"]);
});

test("a selection of some months, or of single photos, is no list without some", () => {
  expect(excludedIds(withGroup(EVERYTHING, "2026-06", false))).toBeUndefined();
  expect(excludedIds(togglePhoto(NOTHING, "2026-06", "a"))).toBeUndefined();
});
