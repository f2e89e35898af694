import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSearch, stringifySearch } from "./search-params";

test("a list is its parameter repeated", () => {
  expect(stringifySearch({ tag: ["beach", "sun set"], near: "1,2,3" })).toBe(
    "?tag=beach&tag=sun+set&near=1,2,3",
  );
  expect(parseSearch("?tag=beach&tag=sun+set")).toEqual({ tag: ["beach", "sun set"] });
});

test("text stays text, whatever it looks like", () => {
  expect(parseSearch("?q=2019")).toEqual({ q: "2019" });
  expect(parseSearch('?q="red car"')).toEqual({ q: '"red car"' });
  expect(stringifySearch({ q: "2019", favorite: true, rating: 4 })).toBe(
    "?q=2019&favorite=true&rating=4",
  );
});

test("what is not there is not written", () => {
  expect(stringifySearch({ q: undefined, next: null, tag: [] })).toBe("");
});

test("any text comes back as it was", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(text, text, (q, next) => {
      expect(parseSearch(stringifySearch({ q, next }))).toEqual({ q, next });
    }),
  );
});
