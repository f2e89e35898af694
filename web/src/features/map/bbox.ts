/** Boxes of a map as the address and the API have them: `west,south,east,north` in degrees. */

export interface Bbox {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

const WORLD_DEGREES = 360;
const HALF_WORLD = 180;
/** Web maps end here. */
const MOST_LATITUDE = 85.0511;
export const WORLD: Bbox = {
  west: -HALF_WORLD,
  south: -MOST_LATITUDE,
  east: HALF_WORLD,
  north: MOST_LATITUDE,
};

/** Return a box, undefined for a text that is none. */
export function parseBbox(text: string | undefined): Bbox | undefined {
  const numbers = text?.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (numbers?.length !== 4 || !numbers.every(Number.isFinite)) return undefined;
  const [west = 0, south = 0, east = 0, north = 0] = numbers;
  const inRange = [west, east].every((lon) => Math.abs(lon) <= HALF_WORLD);
  return inRange && south < north && Math.abs(south) <= 90 && Math.abs(north) <= 90
    ? { west, south, east, north }
    : undefined;
}

/** Return a box as text, to a thousandth of its size. */
export function formatBbox({ west, south, east, north }: Bbox): string {
  const width = east >= west ? east - west : east - west + WORLD_DEGREES;
  const size = Math.max(Math.min(width, north - south), Number.MIN_VALUE);
  const digits = Math.min(6, Math.max(1, 3 - Math.floor(Math.log10(size))));
  return [west, south, east, north].map((degrees) => Number(degrees.toFixed(digits))).join(",");
}

/**
 * Return the box of a view whose longitudes may run beyond the antimeridian, as the API takes it:
 * with west above east where the antimeridian is inside.
 */
export function toBbox(view: Bbox): Bbox {
  const south = Math.max(view.south, -MOST_LATITUDE);
  const north = Math.min(view.north, MOST_LATITUDE);
  if (view.east - view.west >= WORLD_DEGREES) return { ...WORLD, south, north };
  return { west: wrap(view.west), south, east: wrap(view.east), north };
}

/** Return the longitude within ±180 degrees. */
function wrap(longitude: number): number {
  if (Math.abs(longitude) <= HALF_WORLD) return longitude;
  const turned = (((longitude + HALF_WORLD) % WORLD_DEGREES) + WORLD_DEGREES) % WORLD_DEGREES;
  return turned - HALF_WORLD;
}

/** Return a box with its east above its west, perhaps beyond 180 degrees. */
export function unwrapped({ west, south, east, north }: Bbox): Bbox {
  return { west, south, east: east < west ? east + WORLD_DEGREES : east, north };
}

/** Return the longitude, by whole turns, that is nearest to that of the map's centre. */
export function nearestCopy(longitude: number, centre: number): number {
  return longitude + WORLD_DEGREES * Math.round((centre - longitude) / WORLD_DEGREES);
}

/** Return the box with a margin around it, a share of its size; it stays on the world. */
export function withMargin(view: Bbox, share: number): Bbox {
  const width = (view.east - view.west) * share;
  const height = (view.north - view.south) * share;
  return toBbox({
    west: view.west - width,
    south: view.south - height,
    east: view.east + width,
    north: view.north + height,
  });
}
