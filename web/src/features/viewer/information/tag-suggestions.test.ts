import { expect, test } from "vitest";
import { lastTag, unusedTags, withTag } from "./tag-suggestions";

test("tags that the photo has, in whatever case, are not suggested", () => {
  expect(unusedTags(["Beach", "beach house", "sea"], ["BEACH", "Sea"])).toEqual(["beach house"]);
  expect(unusedTags(["a", "b", "c", "d", "e", "f", "g"], []).length).toBe(6);
});

test("of several tags the last one is completed", () => {
  expect(lastTag("sea, bea")).toBe("bea");
  expect(lastTag("sea,")).toBe("");
  expect(withTag("sea, bea", "beach")).toEqual(["sea", "beach"]);
  expect(withTag("bea", "beach")).toEqual(["beach"]);
});
