import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Bounds,
  boundsOf,
  clampView,
  fitInto,
  type Point,
  pan,
  pinch,
  pixelScale,
  type Size,
  toggleCloseUp,
  type View,
  WHOLE,
  zoomTo,
} from "./zoom";

const DIGITS = 6;
const side = fc.integer({ min: 1, max: 20_000 });
const sizes = fc.record({ width: side, height: side });
const stages = fc.record({
  width: fc.integer({ min: 200, max: 4_000 }),
  height: fc.integer({ min: 200, max: 4_000 }),
});
const coordinate = fc.double({ min: -3_000, max: 3_000, noNaN: true });
const points = fc.record({ x: coordinate, y: coordinate });
const pixelRatios = fc.constantFrom(1, 1.5, 2, 3);
const scales = fc.double({ min: 0.1, max: 50, noNaN: true });

const situations = fc
  .tuple(sizes, stages, pixelRatios, scales, points)
  .map(([picture, stage, pixelRatio, scale, offset]) => {
    const bounds = boundsOf(picture, stage, pixelRatio);
    return { picture, stage, bounds, view: clampView({ scale, ...offset }, bounds) };
  });

/** The point of the picture that is at a point of the stage, in fitted pixels from its middle. */
function under(view: View, point: Point): Point {
  return { x: (point.x - view.x) / view.scale, y: (point.y - view.y) / view.scale };
}

function expectWithin(view: View, { stage, fitted, maxScale }: Bounds): void {
  expect(view.scale).toBeGreaterThanOrEqual(1);
  expect(view.scale).toBeLessThanOrEqual(maxScale);
  for (const [offset, drawn, room] of [
    [view.x, fitted.width * view.scale, stage.width],
    [view.y, fitted.height * view.scale, stage.height],
  ] as const) {
    expect(Math.abs(offset)).toBeLessThanOrEqual(Math.max(0, (drawn - room) / 2) + 1e-6);
  }
}

/** Whether the view is the one that its formula wants, untouched by the bounds. */
function isFree(view: View, { stage, fitted, maxScale }: Bounds): boolean {
  const roomX = (fitted.width * view.scale - stage.width) / 2;
  const roomY = (fitted.height * view.scale - stage.height) / 2;
  return (
    view.scale > 1 &&
    view.scale < maxScale &&
    Math.abs(view.x) < roomX - 1 &&
    Math.abs(view.y) < roomY - 1
  );
}

test("a fitted picture touches two edges of the stage and keeps its ratio", () => {
  fc.assert(
    fc.property(sizes, stages, (picture: Size, stage: Size) => {
      const { width, height } = fitInto(picture, stage);
      const [wide, high] = [width / stage.width, height / stage.height];
      expect(Math.max(wide, high)).toBeCloseTo(1, DIGITS);
      expect((width * picture.height) / (height * picture.width)).toBeCloseTo(1, DIGITS);
    }),
  );
});

test("at the pixel scale a pixel of the picture is one of the screen", () => {
  fc.assert(
    fc.property(sizes, stages, pixelRatios, (picture, stage, pixelRatio) => {
      const fitted = fitInto(picture, stage);
      const scale = pixelScale(picture, fitted, pixelRatio);
      expect((fitted.width * scale * pixelRatio) / picture.width).toBeCloseTo(1, DIGITS);
      expect(boundsOf(picture, stage, pixelRatio).maxScale).toBeGreaterThanOrEqual(scale);
    }),
  );
});

test("whatever is done, the picture stays within its bounds", () => {
  const pairs = fc.tuple(points, points);
  fc.assert(
    fc.property(situations, scales, points, pairs, pairs, ({ view, bounds }, scale, at, a, b) => {
      expectWithin(zoomTo(view, scale, at, bounds), bounds);
      expectWithin(pan(view, at, bounds), bounds);
      expectWithin(pinch(view, a, b, bounds), bounds);
      expectWithin(toggleCloseUp(view, at, bounds, scale), bounds);
    }),
  );
});

test("what is under the pointer stays there while one zooms", () => {
  fc.assert(
    fc.property(situations, scales, points, ({ view, bounds }, scale, at) => {
      const next = zoomTo(view, scale, at, bounds);
      fc.pre(isFree(next, bounds));
      const [before, after] = [under(view, at), under(next, at)];
      expect(after.x).toBeCloseTo(before.x, DIGITS - 2);
      expect(after.y).toBeCloseTo(before.y, DIGITS - 2);
    }),
  );
});

test("what is between two fingers stays there", () => {
  fc.assert(
    fc.property(situations, points, points, points, ({ view, bounds }, a, b, by) => {
      fc.pre(Math.hypot(a.x - b.x, a.y - b.y) > 10);
      const to = [
        { x: a.x + by.x, y: a.y + by.y },
        { x: b.x + by.x, y: b.y + by.y },
      ] as const;
      const next = pinch(view, [a, b], to, bounds);
      fc.pre(isFree(next, bounds));
      const at = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
      const [before, after] = [under(view, at), under(next, { x: at.x + by.x, y: at.y + by.y })];
      expect(after.x).toBeCloseTo(before.x, DIGITS - 2);
      expect(after.y).toBeCloseTo(before.y, DIGITS - 2);
    }),
  );
});

test("bounds that are kept change nothing, and the whole picture is always within them", () => {
  fc.assert(
    fc.property(situations, ({ view, bounds }) => {
      expect(clampView(view, bounds)).toEqual(view);
      expect(clampView(WHOLE, bounds)).toEqual(WHOLE);
    }),
  );
});

test("a second double click shows the whole picture again", () => {
  fc.assert(
    fc.property(situations, points, ({ bounds }, at) => {
      const close = toggleCloseUp(WHOLE, at, bounds, 1);
      expect(close.scale).toBeGreaterThan(1);
      expect(toggleCloseUp(close, at, bounds, 1)).toEqual(WHOLE);
    }),
  );
});
