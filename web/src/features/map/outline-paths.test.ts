import { expect, test } from "vitest";
import { type Outlines, outlinePaths } from "./outline-paths";

const SIZE = { width: 320, height: 110 };

function outlines(kind: "land" | "coast", line: [number, number][]): Outlines {
  const coordinates = kind === "land" ? [[line]] : [line];
  return { features: [{ properties: { kind }, geometry: { coordinates } }] };
}

test("the place is in the middle, north is up and east is to the right", () => {
  const coast = outlines("coast", [
    [10, 0],
    [11, 0],
    [10, 1],
  ]);

  const paths = outlinePaths(coast, { lat: 0, lon: 10 }, SIZE);

  expect(paths).toEqual({ land: "", coast: "M160.0 55.0L170.0 55.0L160.0 45.0", border: "" });
});

test("a degree of longitude is half as wide at 60 degrees of latitude", () => {
  const coast = outlines("coast", [
    [10, 60],
    [11, 60],
  ]);

  expect(outlinePaths(coast, { lat: 60, lon: 10 }, SIZE).coast).toBe("M160.0 55.0L165.0 55.0");
});

test("land beyond the antimeridian is beside a place before it, and land far away is left out", () => {
  const land = outlines("land", [
    [-180, 0],
    [-179, 0],
    [-179, 1],
    [-180, 0],
  ]);

  expect(outlinePaths(land, { lat: 0, lon: 179 }, SIZE).land).toBe(
    "M170.0 55.0L180.0 55.0L180.0 45.0L170.0 55.0Z",
  );
  expect(outlinePaths(land, { lat: 0, lon: 10 }, SIZE).land).toBe("");
});
