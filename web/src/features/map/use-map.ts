import type { MapLibreEvent, MapLibreMap } from "maplibre-gl";
import { type RefObject, useEffect, useEffectEvent, useRef, useState } from "react";
import { useAppearance } from "@/app/appearance";
import type { Bbox } from "./bbox";
import { outlineStyle, refineOutlines } from "./map-style";
import { createMap, viewOf } from "./maplibre";
import { useTileStyle } from "./tile-style";

export interface MapView {
  /** Longitudes may be beyond the antimeridian. */
  readonly bounds: Bbox;
  readonly zoom: number;
}

interface Options {
  readonly container: RefObject<HTMLDivElement | null>;
  readonly bbox: Bbox;
  readonly title: string;
  /** Called at first and after each move; `byUser` is false where the program moved it. */
  readonly onView: (view: MapView, byUser: boolean) => void;
  /** Called where the style of a tile server cannot be loaded. */
  readonly onStyleFailure: () => void;
}

/** Return the map in a container; null where the browser cannot draw it. */
export function useMap({ container, bbox, title, onView, onStyleFailure }: Options) {
  const [map, setMap] = useState<MapLibreMap | null | undefined>(undefined);
  const tileStyle = useTileStyle();
  const create = useEffectEvent((element: HTMLElement) => {
    const style = tileStyle === "" ? outlineStyle() : tileStyle;
    return createMap(element, { bbox, style, title });
  });
  const report = useEffectEvent((of: MapLibreMap, byUser: boolean) =>
    onView({ bounds: viewOf(of), zoom: of.getZoom() }, byUser),
  );

  useEffect(() => {
    if (container.current === null) return;
    let created: MapLibreMap;
    try {
      created = create(container.current);
    } catch {
      setMap(null);
      return;
    }
    created.on("moveend", (event: MapLibreEvent & { byUser?: boolean }) =>
      report(created, event.byUser ?? event.originalEvent !== undefined),
    );
    created.on("idle", () => refineOutlines(created));
    report(created, false);
    setMap(created);
    return () => created.remove();
  }, [container]);

  useStyle(map ?? undefined, tileStyle, onStyleFailure);
  return map;
}

/** Redraw when the theme changes; draw the outlines where a tile style cannot be loaded. */
function useStyle(map: MapLibreMap | undefined, tileStyle: string, onFailure: () => void): void {
  const { theme } = useAppearance();
  const drawn = useRef(theme);
  const fail = useEffectEvent(onFailure);
  useEffect(() => {
    if (map === undefined || tileStyle !== "") return;
    const draw = () => void map.setStyle(outlineStyle());
    if (drawn.current !== theme) draw();
    drawn.current = theme;
    if (theme !== "system") return;
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    return () => scheme.removeEventListener("change", draw);
  }, [map, tileStyle, theme]);

  useEffect(() => {
    if (map === undefined || tileStyle === "") return;
    const fallBack = () => {
      // A single tile may be missing; a style without layers is none.
      if (map.getStyle()?.layers.length) return;
      map.off("error", fallBack);
      map.setStyle(outlineStyle());
      fail();
    };
    map.on("error", fallBack);
    return () => void map.off("error", fallBack);
  }, [map, tileStyle]);
}
