/**
 * The outlines of land and the borders of countries, Natural Earth's, as GeoJSON.
 *
 * The package has TopoJSON for a globe. It is simplified, cut at the antimeridian and converted at
 * build time, so that the map's worker reads the file by itself and the page does nothing for it.
 * Import "virtual:land-outlines/coarse", "…/fine" or "…/finest": its URL.
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  type ExtendedFeatureCollection,
  type GeoPermissibleObjects,
  type GeoStream,
  geoArea,
  geoEquirectangular,
  geoStream,
} from "d3-geo";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { Plugin } from "vite";
import { simplify } from "./simplify.ts";

const PREFIX = "virtual:land-outlines/";
const RESOLVED = `\0${PREFIX}`;
const DEV_PATH = "/@land-outlines/";

interface Detail {
  readonly source: string;
  /** In degrees: about a pixel of the last zoom that it is for. */
  readonly tolerance: number;
  /** Of a degree, finer than the tolerance; a hundredth is about a kilometre. */
  readonly digits: number;
}

const DETAILS: Readonly<Record<string, Detail>> = {
  coarse: { source: "world-atlas/countries-110m.json", tolerance: 0.1, digits: 2 },
  fine: { source: "world-atlas/countries-50m.json", tolerance: 0.02, digits: 2 },
  finest: { source: "world-atlas/countries-10m.json", tolerance: 0.008, digits: 3 },
};

type Countries = Topology<{ countries: GeometryCollection }>;
type MultiPolygon = Extract<GeoPermissibleObjects, { type: "MultiPolygon" }>;
type Position = [longitude: number, latitude: number];
type Line = Position[];

export function landOutlines(): Plugin {
  let isBuild = false;
  return {
    name: "land-outlines",
    configResolved(config) {
      isBuild = config.command === "build";
    },
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : undefined),
    async load(id) {
      if (!id.startsWith(RESOLVED)) return undefined;
      const name = id.slice(RESOLVED.length);
      if (!isBuild) return `export default ${JSON.stringify(DEV_PATH + name)};`;
      const source = await outlines(name);
      const file = this.emitFile({ type: "asset", name: `land-${name}.json`, source });
      return `export default import.meta.ROLLUP_FILE_URL_${file};`;
    },
    configureServer(server) {
      server.middlewares.use(DEV_PATH, async (request, response) => {
        const text = await outlines(request.url?.split("?")[0]?.slice(1) ?? "");
        response.setHeader("Content-Type", "application/json").end(text);
      });
    },
  };
}

async function outlines(name: string): Promise<string> {
  const detail = DETAILS[name];
  if (detail === undefined) throw new Error(`There are no outlines "${name}".`);
  const path = fileURLToPath(import.meta.resolve(detail.source));
  const topology = JSON.parse(await readFile(path, "utf8")) as Countries;
  simplify(topology, detail.tolerance);
  const { countries } = topology.objects;
  const coasts = mesh(topology, countries, (one, other) => one === other);
  const borders = mesh(topology, countries, (one, other) => one !== other);
  const land = outerRings(feature(topology, countries));
  const areas = linesOf(land, detail.digits).map((ring) => [ring]);
  return JSON.stringify({
    type: "FeatureCollection",
    features: [
      toFeature("land", "MultiPolygon", areas),
      toFeature("coast", "MultiLineString", linesOf(coasts, detail.digits)),
      toFeature("border", "MultiLineString", linesOf(borders, detail.digits)),
    ],
  });
}

/**
 * Return the outer rings of all countries; one inside another has a ring of its own.
 *
 * On a globe a ring has its inside to one side. Simplifying may turn an islet round, whose inside
 * is then the rest of the world.
 */
function outerRings({ features }: ExtendedFeatureCollection): MultiPolygon {
  const rings = features.flatMap(({ geometry }) => {
    if (geometry?.type === "Polygon") return geometry.coordinates.slice(0, 1);
    if (geometry?.type === "MultiPolygon")
      return geometry.coordinates.flatMap((polygon) => polygon.slice(0, 1));
    return [];
  });
  const coordinates = rings.map((ring) => [isTurned(ring) ? ring.toReversed() : ring]);
  return { type: "MultiPolygon", coordinates };
}

function isTurned(ring: MultiPolygon["coordinates"][number][number]): boolean {
  return geoArea({ type: "Polygon", coordinates: [ring] }) > 2 * Math.PI;
}

function toFeature(kind: string, type: string, coordinates: unknown) {
  return { type: "Feature", properties: { kind }, geometry: { type, coordinates } };
}

/** Return the lines and rings of a geometry on a flat map, cut at the antimeridian. */
function linesOf(geometry: GeoPermissibleObjects, digits: number): Line[] {
  // One unit is one degree. Without a precision no points are put in between.
  const flat = geoEquirectangular()
    .scale(180 / Math.PI)
    .translate([0, 0])
    .precision(0);
  const sink = new LineSink(digits);
  geoStream(geometry, flat.stream(sink));
  return sink.lines.filter((line) => line.length > 1);
}

class LineSink implements GeoStream {
  readonly lines: Line[] = [];
  readonly #digits: number;
  #line: Line = [];
  #isRing = false;

  constructor(digits: number) {
    this.#digits = digits;
  }

  point(x: number, y: number): void {
    // On a flat map y is down.
    const position: Position = [
      Number(x.toFixed(this.#digits)),
      Number((-y).toFixed(this.#digits)),
    ];
    if (String(position) !== String(this.#line.at(-1))) this.#line.push(position);
  }

  lineStart(): void {
    this.#line = [];
  }

  lineEnd(): void {
    const [first] = this.#line;
    if (this.#isRing && first !== undefined) this.#line.push(first);
    this.lines.push(this.#line);
  }

  polygonStart(): void {
    this.#isRing = true;
  }

  polygonEnd(): void {
    this.#isRing = false;
  }
}
