/** MapLibre GL, with its worker as a file of this host. Loaded with the map's screen alone. */

import "maplibre-gl/dist/maplibre-gl.css";
import { MapLibreMap, type StyleSpecification, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { trustedScriptUrl } from "@/app/trusted-script-url";
import { type Bbox, unwrapped } from "./bbox";
import { MOST_ZOOM } from "./clusters";

setWorkerUrl(asText(trustedScriptUrl(workerUrl)));

/**
 * Return a trusted address with the two methods of a text that MapLibre calls.
 *
 * MapLibre looks at the end of the address before it gives it to `new Worker`. That takes the
 * trusted object and, under Trusted Types, no text made of it.
 */
function asText(url: string): string {
  if (typeof url === "string") return url;
  const text = String(url);
  return Object.assign(url as object, {
    endsWith: (end: string) => text.endsWith(end),
    split: (separator: RegExp) => text.split(separator),
  }) as unknown as string;
}

/** Room for the pictures of clusters at the edges. */
const PADDING_PX = 56;
const MOVE_MS = 600;
const MOST_FIRST_ZOOM = 12;

/** Return a map of a box. Throws where the browser has no WebGL. */
export function createMap(
  container: HTMLElement,
  { bbox, style, title }: { bbox: Bbox; style: StyleSpecification | string; title: string },
): MapLibreMap {
  const map = new MapLibreMap({
    container,
    style,
    bounds: toBounds(bbox),
    fitBoundsOptions: { padding: 0, maxZoom: MOST_ZOOM },
    maxZoom: MOST_ZOOM,
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    // It writes HTML, which the security policy refuses; the screen has its own.
    attributionControl: false,
    locale: { "Map.Title": title },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  return map;
}

/** The view as it is, in degrees; longitudes may be beyond the antimeridian. */
export function viewOf(map: MapLibreMap): Bbox {
  const bounds = map.getBounds();
  return {
    west: bounds.getWest(),
    south: bounds.getSouth(),
    east: bounds.getEast(),
    north: bounds.getNorth(),
  };
}

/** Show a box. `byUser` is of the events that follow: the address follows them. */
export function showBbox(map: MapLibreMap, bbox: Bbox, { byUser }: { byUser: boolean }): void {
  map.fitBounds(
    toBounds(bbox),
    byUser
      ? { padding: PADDING_PX, maxZoom: MOST_ZOOM, linear: true, duration: MOVE_MS }
      : { animate: false, maxZoom: MOST_ZOOM },
    { byUser },
  );
}

/** Return the box with room around it, for a view that one has not chosen. */
export function withPadding({ west, south, east, north }: Bbox): Bbox {
  // A single place has no size, and a view without any around it says nothing.
  const least = 360 / 2 ** MOST_FIRST_ZOOM;
  const width = Math.max((east - west) * 0.1, least);
  const height = Math.max((north - south) * 0.1, least);
  return {
    west: Math.max(west - width, -180),
    south: Math.max(south - height, -85),
    east: Math.min(east + width, 180),
    north: Math.min(north + height, 85),
  };
}

function toBounds(bbox: Bbox): [number, number, number, number] {
  const { west, south, east, north } = unwrapped(bbox);
  return [west, south, east, north];
}
