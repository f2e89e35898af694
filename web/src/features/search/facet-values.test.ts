import { expect, test } from "vitest";
import { choicesOf, colorCounts, yearsOf } from "./facet-values";

const facets = {
  cities: [
    { value: "Lisbon", count: 4 },
    { value: "Singapore", count: 2 },
  ],
  countries: [
    { value: "Portugal", count: 7 },
    { value: "Singapore", count: 2 },
  ],
  months: [
    { value: "2024-06", count: 2 },
    { value: "2024-05", count: 3 },
    { value: "2023-01", count: 1 },
  ],
  colors: [
    { value: "red", count: 3 },
    { value: "octarine", count: 1 },
  ],
};

test("cities and countries are one list, each name once", () => {
  expect(choicesOf(facets, "place", {})).toEqual([
    { value: "Portugal", count: 7 },
    { value: "Lisbon", count: 4 },
    { value: "Singapore", count: 2 },
  ]);
});

test("what is chosen comes first, also where no result has it", () => {
  const address = { place: ["lisbon", "Porto"] };
  expect(choicesOf(facets, "place", address).slice(0, 3)).toEqual([
    { value: "Lisbon", count: 4 },
    { value: "Porto", count: null },
    { value: "Portugal", count: 7 },
  ]);
  expect(choicesOf(null, "tag", {})).toEqual([]);
});

test("years are the sums of their months", () => {
  expect(yearsOf(facets)).toEqual([
    { value: "2024", count: 5 },
    { value: "2023", count: 1 },
  ]);
});

test("colours without a swatch are left out", () => {
  expect([...colorCounts(facets)]).toEqual([["red", 3]]);
});
