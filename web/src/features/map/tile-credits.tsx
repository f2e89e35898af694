import type { MapLibreMap } from "maplibre-gl";
import { useEffect, useState } from "react";
import { creditsOf } from "./credits";

const OUTLINES = "Natural Earth";

/** Who made the map. Licences of map data ask for it. */
export function TileCredits({ map }: { readonly map: MapLibreMap }) {
  const [text, setText] = useState(OUTLINES);
  useEffect(() => {
    const update = () => {
      const sources = Object.keys(map.getStyle()?.sources ?? {}).map((id) => map.getSource(id));
      const attributions = sources.map((source) => source?.attribution);
      setText(creditsOf(attributions) || OUTLINES);
    };
    map.on("sourcedata", update);
    return () => void map.off("sourcedata", update);
  }, [map]);
  return (
    <p className="pointer-events-none absolute start-2 bottom-18 rounded bg-canvas/70 px-1.5 text-[0.6875rem] text-ink-soft lg:bottom-1.5">
      {text}
    </p>
  );
}
