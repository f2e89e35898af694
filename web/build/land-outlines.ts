/**
 * The outlines of land and the borders of countries, Natural Earth's at 1:50,000,000, as GeoJSON.
 *
 * The package has TopoJSON. It is converted at build time, so that the map's worker reads the
 * file by itself and the page does nothing for it. Import "virtual:land-outlines": its URL.
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Position } from "geojson";
import { merge, mesh } from "topojson-client";
import type { GeometryCollection, MultiPolygon, Polygon, Topology } from "topojson-specification";
import type { Plugin } from "vite";

const ID = "virtual:land-outlines";
const RESOLVED = `\0${ID}`;
const DEV_PATH = "/@land-outlines.json";
/** A hundredth of a degree is about a kilometre, finer than the outlines are. */
const DIGITS = 2;

type Countries = Topology<{ countries: GeometryCollection }>;

export function landOutlines(): Plugin {
  let isBuild = false;
  return {
    name: "land-outlines",
    configResolved(config) {
      isBuild = config.command === "build";
    },
    resolveId: (id) => (id === ID ? RESOLVED : undefined),
    async load(id) {
      if (id !== RESOLVED) return undefined;
      if (!isBuild) return `export default ${JSON.stringify(DEV_PATH)};`;
      const source = await outlines();
      const file = this.emitFile({ type: "asset", name: "land-outlines.json", source });
      return `export default import.meta.ROLLUP_FILE_URL_${file};`;
    },
    configureServer(server) {
      server.middlewares.use(DEV_PATH, async (_request, response) => {
        response.setHeader("Content-Type", "application/json").end(await outlines());
      });
    },
  };
}

async function outlines(): Promise<string> {
  const path = fileURLToPath(import.meta.resolve("world-atlas/countries-50m.json"));
  const topology = JSON.parse(await readFile(path, "utf8")) as Countries;
  const { countries } = topology.objects;
  const areas = countries.geometries.filter(
    (each): each is Polygon | MultiPolygon =>
      each.type === "Polygon" || each.type === "MultiPolygon",
  );
  const land = merge(topology, areas);
  const borders = mesh(topology, countries, (one, other) => one !== other);
  return JSON.stringify({
    type: "FeatureCollection",
    features: [
      feature("land", { ...land, coordinates: land.coordinates.map((rings) => rounded(rings)) }),
      feature("border", { ...borders, coordinates: rounded(borders.coordinates) }),
    ],
  });
}

function feature(kind: string, geometry: object) {
  return { type: "Feature", properties: { kind }, geometry };
}

/** Return the lines with rounded positions, without those that are then as the one before. */
function rounded(lines: readonly Position[][]): Position[][] {
  return lines.map((line) => {
    const positions = line.map((position) => position.map((each) => Number(each.toFixed(DIGITS))));
    return positions.filter((position, index) => {
      const before = positions[index - 1];
      return index === positions.length - 1 || String(position) !== String(before);
    });
  });
}
