/**
 * Where a picture is on the stage: arithmetic without a browser.
 *
 * Points are in CSS pixels from the middle of the stage, so that a resize moves nothing.
 */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** At scale 1 the whole picture fits the stage; `x` and `y` are the middle of the picture. */
export interface View extends Point {
  readonly scale: number;
}

export interface Bounds {
  readonly stage: Size;
  /** The picture's size at scale 1. */
  readonly fitted: Size;
  readonly maxScale: number;
}

export type Pair = readonly [Point, Point];

export const WHOLE: View = { scale: 1, x: 0, y: 0 };

/** Small pictures too can be looked at closely. */
const LEAST_MAX_SCALE = 4;
/** How far beyond the original's pixels one can go. */
const BEYOND_PIXELS = 2;
/** A double click goes at least this far. */
const LEAST_CLOSE_UP = 2;

/** Return the largest size of a picture's ratio that the stage holds. */
export function fitInto(picture: Size, stage: Size): Size {
  const scale = Math.min(stage.width / picture.width, stage.height / picture.height);
  return { width: picture.width * scale, height: picture.height * scale };
}

/** Return the scale at which one pixel of the picture is one of the screen. */
export function pixelScale(picture: Size, fitted: Size, pixelRatio: number): number {
  return picture.width / (fitted.width * pixelRatio);
}

export function boundsOf(picture: Size, stage: Size, pixelRatio: number): Bounds {
  const fitted = fitInto(picture, stage);
  const maxScale = BEYOND_PIXELS * pixelScale(picture, fitted, pixelRatio);
  return { stage, fitted, maxScale: Math.max(LEAST_MAX_SCALE, maxScale) };
}

/** Return the nearest view that shows no more beside the picture than its size makes necessary. */
export function clampView(view: View, { stage, fitted, maxScale }: Bounds): View {
  const scale = clamp(view.scale, 1, maxScale);
  const roomX = Math.max(0, (fitted.width * scale - stage.width) / 2);
  const roomY = Math.max(0, (fitted.height * scale - stage.height) / 2);
  return { scale, x: clamp(view.x, -roomX, roomX), y: clamp(view.y, -roomY, roomY) };
}

/** Return the view at another scale; what is at `around` stays there where the bounds allow it. */
export function zoomTo(view: View, scale: number, around: Point, bounds: Bounds): View {
  const next = clamp(scale, 1, bounds.maxScale);
  const ratio = next / view.scale;
  const x = around.x + (view.x - around.x) * ratio;
  const y = around.y + (view.y - around.y) * ratio;
  return clampView({ scale: next, x, y }, bounds);
}

export function pan(view: View, by: Point, bounds: Bounds): View {
  return clampView({ scale: view.scale, x: view.x + by.x, y: view.y + by.y }, bounds);
}

/** Return the view after two fingers moved: what was between them still is. */
export function pinch(view: View, from: Pair, to: Pair, bounds: Bounds): View {
  const [start, end] = [middle(from), middle(to)];
  const ratio = distance(to) / Math.max(1, distance(from));
  const moved = { scale: view.scale, x: view.x + end.x - start.x, y: view.y + end.y - start.y };
  return zoomTo(moved, view.scale * ratio, end, bounds);
}

/** Return the view after a double click: the original's pixels, or the whole picture again. */
export function toggleCloseUp(view: View, around: Point, bounds: Bounds, pixelsAt: number): View {
  if (view.scale > 1) return WHOLE;
  return zoomTo(view, Math.max(LEAST_CLOSE_UP, pixelsAt), around, bounds);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function middle([a, b]: Pair): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function distance([a, b]: Pair): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
