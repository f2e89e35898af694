import { createInstance } from "i18next";
import { beforeAll, expect, test } from "vitest";
import { en } from "@/app/i18n/en";
import { chipsOf } from "./chips";
import type { QueryPart } from "./query-parts";
import type { SearchAddress } from "./search-address";

const i18n = createInstance();

beforeAll(() =>
  i18n.init({
    lng: "en",
    resources: { en: { translation: en } },
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
  }),
);

function partOf(q: string, text: string, part: Partial<QueryPart>): QueryPart {
  const start = q.indexOf(text);
  const end = start + text.length;
  return {
    ...{ kind: "place", text, value: text, start, end, label: "", negated: false, known: true },
    ...part,
  };
}

function labelsAndRemovals(address: SearchAddress, parts: QueryPart[] = []) {
  return Object.fromEntries(
    chipsOf(address, parts, i18n.t, "en").map(({ label, removal }) => [label, removal]),
  );
}

test("each part of the query is a chip that leaves the rest", () => {
  const q = 'dog lisbon -tag:work 2024 "red car"';
  const parts = [
    partOf(q, "lisbon", {}),
    partOf(q, "-tag:work", { kind: "tag", value: "work", negated: true }),
    partOf(q, "2024", { kind: "date", value: "2024-01-01/2024-12-31" }),
    partOf(q, '"red car"', { kind: "phrase", value: "red car" }),
  ];

  expect(labelsAndRemovals({ q, favorite: true }, parts)).toEqual({
    "Place: lisbon": { q: 'dog -tag:work 2024 "red car"', favorite: true },
    "Not: Tag: work": { q: 'dog lisbon 2024 "red car"', favorite: true },
    "2024": { q: 'dog lisbon -tag:work "red car"', favorite: true },
    "“red car”": { q: "dog lisbon -tag:work 2024", favorite: true },
    Favorites: { q },
  });
});

test("a part that is not known says so, and shows what was typed", () => {
  const q = "in:holidays";
  const [chip] = chipsOf({ q }, [partOf(q, q, { kind: "album", known: false })], i18n.t, "en");
  expect(chip).toMatchObject({ label: "in:holidays", isKnown: false, removal: {} });
});

test("every filter is a chip that leaves the others", () => {
  const address: SearchAddress = {
    from: "2024-05-01",
    to: "2024-05-31",
    place: ["Lisbon", "Porto"],
    camera: ["X-T5"],
    type: ["image/jpeg"],
    orientation: ["portrait"],
    color: ["blue", "#c81e1e"],
    favorite: false,
    rating: 4,
    near: "38.7223,-9.1393,25",
    bbox: "-9.5,38.6,-9,38.8",
  };
  const chips = chipsOf(address, [], i18n.t, "en");

  expect(chips.map(({ label }) => label)).toEqual([
    "May 2024",
    "Place: Lisbon",
    "Place: Porto",
    "Camera: X-T5",
    "File type: JPEG",
    "Portrait",
    "Color: Blue",
    "Color: #c81e1e",
    "No favorites",
    "Stars: 4+",
    "Within 25 km of 38.722, -9.139",
    "Area of the map",
  ]);
  expect(chips[0]?.removal).not.toHaveProperty("from");
  expect(chips[0]?.removal).not.toHaveProperty("to");
  expect(chips[1]?.removal.place).toEqual(["Porto"]);
  expect(new Set(chips.map(({ key }) => key)).size).toBe(chips.length);
  let rest = address;
  for (let [first] = chips; first; [first] = chipsOf(rest, [], i18n.t, "en")) rest = first.removal;
  expect(rest).toEqual({});
});

test("a period that is open is said as such", () => {
  expect(Object.keys(labelsAndRemovals({ from: "2024-05-03" }))).toEqual(["Since May 3, 2024"]);
  expect(Object.keys(labelsAndRemovals({ to: "2024-05-03" }))).toEqual(["Until May 3, 2024"]);
});
