import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSearch, stringifySearch } from "@/app/search-params";
import {
  countFilters,
  filtersOf,
  hasValue,
  isBlank,
  type ListName,
  readSearchAddress,
  type SearchAddress,
  toApiQuery,
  toggle,
  withWords,
} from "./search-address";

const text = fc
  .string({ minLength: 1, unit: "grapheme" })
  .map((each) => each.trim())
  .filter((each) => each !== "");
const names = fc.uniqueArray(text, {
  minLength: 1,
  maxLength: 4,
  selector: (each) => each.toLowerCase(),
});
const addresses = fc.record(
  {
    q: text,
    from: fc.constantFrom("2024-01-01", "2024-05-01T10:00"),
    to: fc.constantFrom("2024-12-31"),
    camera: names,
    tag: names,
    place: names,
    type: names,
    orientation: fc.subarray(["landscape", "portrait", "square"] as const, { minLength: 1 }),
    color: fc.constantFrom(["red"], ["#c81e1e", "blue"]),
    favorite: fc.boolean(),
    rating: fc.integer({ min: 1, max: 5 }),
    near: fc.constant("38.7223,-9.1393,25"),
    bbox: fc.constant("-9.5,38.6,-9,38.8"),
    literal: fc.constant(true),
    similar_to: fc.uuid(),
    picture: fc.uuid(),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<SearchAddress>;

test("every filter survives its way through the address", () => {
  fc.assert(
    fc.property(addresses, (address) => {
      expect(readSearchAddress(parseSearch(stringifySearch({ ...address })))).toEqual(address);
    }),
  );
});

test("parameters that are no filters are left out", () => {
  expect(
    readSearchAddress({
      q: " ",
      tag: ["", "beach", "beach"],
      rating: "9",
      orientation: "diagonal",
      favorite: "maybe",
      literal: "false",
      unknown: "x",
    }),
  ).toEqual({ tag: ["beach"] });
});

test("what another screen puts into a link may be a number or a single value", () => {
  expect(readSearchAddress({ q: 2019, place: "Lisbon", favorite: true, rating: 4 })).toEqual({
    q: "2019",
    place: ["Lisbon"],
    favorite: true,
    rating: 4,
  });
});

test("a value that is put in and taken out leaves the address as it was", () => {
  const lists: ListName[] = ["camera", "tag", "place", "type", "color"];
  fc.assert(
    fc.property(addresses, fc.constantFrom(...lists), text, (address, name, value) => {
      fc.pre(!hasValue(address, name, value));
      const added = toggle(address, name, value);
      expect(hasValue(added, name, value)).toBe(true);
      expect(countFilters(added)).toBe(countFilters(address) + 1);
      expect(toggle(added, name, value)).toEqual(address);
    }),
  );
});

test("other words keep the filters, and end a search by picture", () => {
  const address = { q: "dog", tag: ["beach"], picture: "1", similar_to: "2", literal: true };
  expect(withWords(address, " cat ")).toEqual({ q: "cat", tag: ["beach"] });
  expect(withWords(address, " ")).toEqual({ tag: ["beach"] });
  expect(filtersOf(address)).toEqual({ tag: ["beach"] });
});

test("the API gets what it knows", () => {
  expect(toApiQuery({ q: "dog", similar_to: "1", picture: "2", near: "1,2,3" })).toEqual({
    q: "dog",
    near: "1,2,3",
  });
  expect(isBlank({})).toBe(true);
  expect(isBlank({ favorite: false })).toBe(false);
});
