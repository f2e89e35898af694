import { expect, test } from "vitest";
import { exposureParts } from "./exposure";

test("an exposure is written as photographers write it", () => {
  const exif = { aperture: 2.8, shutter: 0.002, focal_length: 23, iso: 160 };
  expect(exposureParts(exif, "en")).toEqual(["ƒ/2.8", "1/500 s", "23 mm", "ISO 160"]);
});

test("long exposures are seconds, and what is unknown is left out", () => {
  expect(exposureParts({ shutter: 2.5 }, "en")).toEqual(["2.5 sec"]);
  expect(exposureParts({ aperture: null, shutter: 0, iso: null }, "en")).toEqual([]);
});
