import { Maximize, Minus, Plus } from "lucide-react";
import type { MapLibreMap } from "maplibre-gl";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";

interface Props {
  readonly map: MapLibreMap;
  readonly onShowAll: () => void;
}

const BUTTON = "!rounded-none";

export function MapControls({ map, onShowAll }: Props) {
  const { t } = useTranslation();
  const zoom = (levels: number) =>
    map.easeTo({ zoom: map.getZoom() + levels, duration: 250 }, { byUser: true });
  return (
    <div
      role="group"
      aria-label={t("map.controls")}
      className="absolute end-3 top-3 z-10 flex flex-col divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface shadow-md"
    >
      <IconButton aria-label={t("map.zoomIn")} className={BUTTON} onPress={() => zoom(1)}>
        <Plus aria-hidden className="size-5" />
      </IconButton>
      <IconButton aria-label={t("map.zoomOut")} className={BUTTON} onPress={() => zoom(-1)}>
        <Minus aria-hidden className="size-5" />
      </IconButton>
      <IconButton aria-label={t("map.showAll")} className={BUTTON} onPress={onShowAll}>
        <Maximize aria-hidden className="size-4.5" />
      </IconButton>
    </div>
  );
}
