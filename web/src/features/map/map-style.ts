/** What the map draws: outlines of land that come with the client, or the style of a tile server. */

import landUrl from "virtual:land-outlines";
import type { StyleSpecification } from "maplibre-gl";

const COLORS = ["water", "land", "coast", "border"] as const;
type Colors = Record<(typeof COLORS)[number], string>;

/** Finer tiles of the outlines would have nothing more to show. */
const MOST_OUTLINE_ZOOM = 7;

/** Return the style that needs no other server, in the colours of the theme of now. */
export function outlineStyle(): StyleSpecification {
  const colors = readColors();
  return {
    version: 8,
    sources: {
      outlines: {
        type: "geojson",
        data: new URL(landUrl, location.href).href,
        maxzoom: MOST_OUTLINE_ZOOM,
      },
    },
    layers: [
      { id: "water", type: "background", paint: { "background-color": colors.water } },
      {
        id: "land",
        type: "fill",
        source: "outlines",
        filter: ["==", ["get", "kind"], "land"],
        paint: { "fill-color": colors.land, "fill-antialias": false },
      },
      {
        id: "coast",
        type: "line",
        source: "outlines",
        filter: ["==", ["get", "kind"], "coast"],
        paint: { "line-color": colors.coast, "line-width": 1 },
      },
      {
        id: "border",
        type: "line",
        source: "outlines",
        filter: ["==", ["get", "kind"], "border"],
        paint: { "line-color": colors.border, "line-width": 1 },
      },
    ],
  };
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
