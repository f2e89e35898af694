import { expect, test } from "vitest";
import { extended } from "./use-list-selection";

const IDS = ["a", "b", "c", "d", "e"];

test("a range selects what is between, and a second one takes the place of the first", () => {
  const before = new Set(["c"]);
  const state = { ids: before, origin: { id: "c", before } };
  const first = extended(state, IDS, "e");
  expect(first?.ids).toEqual(new Set(["c", "d", "e"]));
  expect(first && extended(first, IDS, "a")?.ids).toEqual(new Set(["a", "b", "c"]));
});

test("a range from a photo that was taken out of the selection takes out", () => {
  const before = new Set(["a", "c", "d"]);
  expect(extended({ ids: before, origin: { id: "b", before } }, IDS, "d")?.ids).toEqual(
    new Set(["a"]),
  );
});

test("there is no range without a photo to start from", () => {
  expect(extended({ ids: new Set() }, IDS, "b")).toBeUndefined();
});

test("in a list that is selected as a whole, a range takes out what it lists", () => {
  const before = new Set(["b"]);
  const state = { inverted: true, ids: before, origin: { id: "b", before } };
  expect(extended(state, IDS, "d")).toMatchObject({
    inverted: true,
    ids: new Set(["b", "c", "d"]),
  });
});
