import fc from "fast-check";
import { expect, test } from "vitest";
import { formatBbox, nearestCopy, parseBbox, toBbox, unwrapped, WORLD, withMargin } from "./bbox";

test("a box of an address is read, and what is none is left out", () => {
  expect(parseBbox("-9.5,38.6,-9,38.8")).toEqual({
    west: -9.5,
    south: 38.6,
    east: -9,
    north: 38.8,
  });
  expect(parseBbox("170,-20,-170,-10")).toEqual({ west: 170, south: -20, east: -170, north: -10 });
  for (const text of [undefined, "", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,,3,4", "1,5,2,4"]) {
    expect(parseBbox(text), text).toBeUndefined();
  }
  expect(parseBbox("-200,0,10,10")).toBeUndefined();
  expect(parseBbox("0,0,10,91")).toBeUndefined();
});

test("a view beyond the antimeridian has west above east", () => {
  expect(toBbox({ west: 170, south: -20, east: 190, north: -10 })).toEqual({
    west: 170,
    south: -20,
    east: -170,
    north: -10,
  });
  expect(unwrapped({ west: 170, south: -20, east: -170, north: -10 }).east).toBe(190);
});

test("a view of more than the world is the world", () => {
  expect(toBbox({ west: -400, south: -89, east: 300, north: 89 })).toEqual(WORLD);
});

const VIEW = fc
  .record({
    west: fc.double({ min: -540, max: 540, noNaN: true }),
    width: fc.double({ min: 0.001, max: 359, noNaN: true }),
    south: fc.double({ min: -85, max: 84, noNaN: true }),
    height: fc.double({ min: 0.001, max: 1, noNaN: true }),
  })
  .map(({ west, width, south, height }) => ({
    west,
    south,
    east: west + width,
    north: south + height,
  }));

test("every view becomes a box that the address keeps to a hundredth of its size", () => {
  fc.assert(
    fc.property(VIEW, (view) => {
      const box = toBbox(view);
      const read = parseBbox(formatBbox(box));
      expect(read).toBeDefined();
      if (read === undefined) return;
      const size = Math.min(view.east - view.west, view.north - view.south);
      for (const side of ["west", "south", "east", "north"] as const) {
        expect(Math.abs(read[side] - box[side])).toBeLessThanOrEqual(size / 100);
      }
      const { west, east } = unwrapped(box);
      expect(east - west).toBeCloseTo(view.east - view.west, 6);
    }),
  );
});

test("a margin goes around the view and never beyond the world", () => {
  const box = withMargin({ west: 0, south: 0, east: 10, north: 20 }, 0.1);
  expect(box).toEqual({ west: -1, south: -2, east: 11, north: 22 });
  expect(withMargin(WORLD, 0.5)).toEqual(WORLD);
});

test("a cluster is shown on the copy of the world that is in view", () => {
  expect(nearestCopy(-175, 178)).toBe(185);
  expect(nearestCopy(10, 20)).toBe(10);
  expect(nearestCopy(10, -710)).toBe(-710);
});
