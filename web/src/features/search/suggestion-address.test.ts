import { expect, test } from "vitest";
import { monthPeriod, suggestionAddress } from "./suggestion-address";

test("a place, a tag and a camera become filters beside those there are", () => {
  expect(suggestionAddress({ kind: "place", text: "Lisbon" }, { q: "lis", tag: ["sea"] })).toEqual({
    tag: ["sea"],
    place: ["Lisbon"],
  });
  expect(suggestionAddress({ kind: "tag", text: "sea" }, { tag: ["Sea"] })).toEqual({
    tag: ["Sea"],
  });
});

test("words and past searches are the query", () => {
  expect(suggestionAddress({ kind: "history", text: "dog 2019" }, { favorite: true })).toEqual({
    q: "dog 2019",
    favorite: true,
  });
  expect(suggestionAddress({ kind: "file", text: "IMG_1.jpg" }, {})).toEqual({ q: "IMG_1.jpg" });
});

test("a month is its days", () => {
  expect(suggestionAddress({ kind: "month", text: "2024-02" }, {})).toEqual({
    from: "2024-02-01",
    to: "2024-02-29",
  });
  expect(monthPeriod("2023-12")).toEqual({ from: "2023-12-01", to: "2023-12-31" });
});
