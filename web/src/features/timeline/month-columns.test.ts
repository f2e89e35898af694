import { expect, test } from "vitest";
import { type MonthColumns, photoAt, wallTimeAt, withPage } from "./month-columns";

const TEMPLATE =
  "https://example.org/media/{id}/{key}/400.webp?Expires=43200&Signature={signature}";
const NEXT_TEMPLATE = TEMPLATE.replace("43200", "21600");

const MONTH: MonthColumns = {
  month: "2026-06",
  count: 3,
  version: "q5bX",
  next_cursor: "after-b",
  id: ["a", "b"],
  name: ["The last swim", "IMG_2041.jpg"],
  status: ["ready", "processing"],
  aspect_ratio: [1.5, null],
  blurhash: ["LEHV6nWB", null],
  second: [12 * 86_400 + 67_327, 0],
  offset: [60, null],
  favorite: [true, false],
  duration: [null, null],
  thumbnail_templates: [TEMPLATE],
  thumbnail_template: [0, null],
  thumbnail_key: ["3f1c-p1", null],
  thumbnail_signature: ["5d2f$&7b", null],
};

const PAGE: MonthColumns = {
  ...MONTH,
  next_cursor: null,
  id: ["b", "c"],
  name: ["IMG_2041.jpg", "IMG_2040.jpg"],
  status: ["ready", "ready"],
  thumbnail_templates: [NEXT_TEMPLATE, TEMPLATE],
  thumbnail_template: [1, 0],
  thumbnail_key: ["k", "k"],
  thumbnail_signature: ["s", "s"],
};

test("a photo has its fields of every column", () => {
  expect(photoAt(MONTH, 0)).toEqual({
    id: "a",
    name: "The last swim",
    status: "ready",
    aspect_ratio: 1.5,
    blurhash: "LEHV6nWB",
    taken_at_local: "2026-06-13T18:42:07",
    favorite: true,
    duration: null,
    thumbnail_url: "https://example.org/media/a/3f1c-p1/400.webp?Expires=43200&Signature=5d2f$&7b",
  });
  expect(photoAt(MONTH, 1)).toMatchObject({ aspect_ratio: null, thumbnail_url: null });
  expect(() => photoAt(MONTH, 2)).toThrow(RangeError);
});

test("wall times are those of the month, to its last second", () => {
  const times = { ...MONTH, month: "2024-02", second: [29 * 86_400 - 1, 0] };
  expect(wallTimeAt(times, 0)).toBe("2024-02-29T23:59:59");
  expect(wallTimeAt(times, 1)).toBe("2024-02-01T00:00:00");
});

test("a page comes after the photos before it, with its own templates, each photo once", () => {
  const month = withPage(MONTH, PAGE);

  expect(month.id).toEqual(["a", "b", "c"]);
  expect(month.status).toEqual(["ready", "processing", "ready"]);
  expect(month.next_cursor).toBeNull();
  expect(photoAt(month, 2).thumbnail_url).toBe(
    "https://example.org/media/c/k/400.webp?Expires=21600&Signature=s",
  );
  expect(
    new Set(
      Object.values(month)
        .filter(Array.isArray)
        .map((each) => each.length),
    ),
  ).toEqual(new Set([3]));
});

test("the version is that of both, else null", () => {
  expect(withPage(MONTH, PAGE).version).toBe("q5bX");
  expect(withPage(MONTH, { ...PAGE, version: "another" }).version).toBeNull();
});
