/** What the map draws: outlines of land that come with the client, or the style of a tile server. */

import coarseUrl from "virtual:land-outlines/coarse";
import fineUrl from "virtual:land-outlines/fine";
import finestUrl from "virtual:land-outlines/finest";
import type { GeoJSONSource, MapLibreMap, StyleSpecification } from "maplibre-gl";

const COLORS = ["water", "land", "coast", "border"] as const;
type Colors = Record<(typeof COLORS)[number], string>;

const SOURCE = "outlines";
/** From these zooms on, more is to be seen than the outlines before have; the finest first. */
const FINER_OUTLINES = [
  { url: finestUrl, leastZoom: 4.5 },
  { url: fineUrl, leastZoom: 2.5 },
] as const;
/** Finer tiles of the outlines would have nothing more to show. */
const MOST_OUTLINE_ZOOM = 10;
/** Which outlines a source has instead of the coarse ones. */
const refined = new WeakMap<GeoJSONSource, string>();

/**
 * Return the style that needs no other server, in the colours of the theme of now.
 *
 * Its outlines are the coarse ones, which are there at once; see `refineOutlines`.
 */
export function outlineStyle(): StyleSpecification {
  const colors = readColors();
  return {
    version: 8,
    sources: {
      [SOURCE]: {
        type: "geojson",
        data: absolute(coarseUrl),
        maxzoom: MOST_OUTLINE_ZOOM,
      },
    },
    layers: [
      { id: "water", type: "background", paint: { "background-color": colors.water } },
      {
        id: "land",
        type: "fill",
        source: SOURCE,
        filter: ["==", ["get", "kind"], "land"],
        paint: { "fill-color": colors.land, "fill-antialias": false },
      },
      {
        id: "coast",
        type: "line",
        source: SOURCE,
        filter: ["==", ["get", "kind"], "coast"],
        paint: { "line-color": colors.coast, "line-width": 1 },
      },
      {
        id: "border",
        type: "line",
        source: SOURCE,
        filter: ["==", ["get", "kind"], "border"],
        paint: { "line-color": colors.border, "line-width": 1 },
      },
    ],
  };
}

/** Draw outlines as fine as the zoom shows them, or finer; call it when the map comes to rest. */
export function refineOutlines(map: MapLibreMap): void {
  const source = map.getSource<GeoJSONSource>(SOURCE);
  if (source === undefined) return;
  for (const { url, leastZoom } of FINER_OUTLINES) {
    if (refined.get(source) === url) return;
    if (map.getZoom() < leastZoom) continue;
    refined.set(source, url);
    void source.setData(absolute(url));
    return;
  }
}

/** The worker, which reads the file, is at another address. */
function absolute(url: string): string {
  return new URL(url, location.href).href;
}

/** Return the tokens of styles.css as the browser computes them, with `light-dark()` resolved. */
function readColors(): Colors {
  const probe = document.createElement("span");
  document.body.append(probe);
  const entries = COLORS.map((name) => {
    probe.style.color = `var(--map-${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(entries) as Colors;
}
