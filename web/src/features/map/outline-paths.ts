/** The outlines around a place as paths of an SVG. */

type Position = readonly [longitude: number, latitude: number];
type Line = readonly Position[];
type Kind = "land" | "coast" | "border";

/** As build/land-outlines.ts writes them: a polygon has one ring. */
export interface Outlines {
  readonly features: readonly {
    readonly properties: { readonly kind: Kind };
    readonly geometry: { readonly coordinates: readonly Line[] | readonly (readonly Line[])[] };
  }[];
}

export interface Place {
  readonly lat: number;
  readonly lon: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Enough to recognise a country by its shape and its neighbours. */
const SHOWN_LATITUDES = 11;
/** Near the poles a degree of longitude has next to no width. */
const LEAST_SHRINKING = 0.15;
const WORLD_DEGREES = 360;

/** Return the `d` of each kind of line, with the place in the middle of a drawing of this size. */
export function outlinePaths(
  { features }: Outlines,
  { lat, lon }: Place,
  { width, height }: Size,
): Record<Kind, string> {
  const scaleY = height / SHOWN_LATITUDES;
  const scaleX = scaleY * Math.max(Math.cos((lat * Math.PI) / 180), LEAST_SHRINKING);
  const paths: Record<Kind, string> = { land: "", coast: "", border: "" };
  for (const { properties, geometry } of features) {
    const { kind } = properties;
    const lines = (kind === "land" ? geometry.coordinates.flat() : geometry.coordinates) as Line[];
    for (const line of lines) {
      // A place at the antimeridian has the other end of the map beside it.
      for (const turn of [-WORLD_DEGREES, 0, WORLD_DEGREES]) {
        const middle = lon - turn;
        if (!touches(line, { lat, lon: middle }, width / 2 / scaleX, height / 2 / scaleY)) continue;
        const points = line.map(
          ([x, y]): Position => [
            width / 2 + (x - middle) * scaleX,
            height / 2 - (y - lat) * scaleY,
          ],
        );
        paths[kind] += toPath(points, kind === "land");
      }
    }
  }
  return paths;
}

/**
 * Whether the box of a line and the one around a place have a part in common; `across` and `along`
 * are half of that one's degrees of longitude and latitude. Most lines of the world are far away.
 */
function touches(line: Line, { lat, lon }: Place, across: number, along: number): boolean {
  let [west, south, east, north] = [WORLD_DEGREES, WORLD_DEGREES, -WORLD_DEGREES, -WORLD_DEGREES];
  for (const [x, y] of line) {
    west = Math.min(west, x);
    east = Math.max(east, x);
    south = Math.min(south, y);
    north = Math.max(north, y);
  }
  return (
    east >= lon - across && west <= lon + across && north >= lat - along && south <= lat + along
  );
}

function toPath(points: readonly Position[], isClosed: boolean): string {
  const steps = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  return `M${steps.join("L")}${isClosed ? "Z" : ""}`;
}
