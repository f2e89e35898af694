import type { MapLibreMap } from "maplibre-gl";
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { classNames } from "@/ui/class-names";
import { CoverImage } from "@/ui/cover-image";
import { nearestCopy } from "./bbox";
import { type Cluster, clusterAt, type Direction, nextPoint } from "./clusters";

interface Props {
  readonly map: MapLibreMap;
  readonly clusters: readonly Cluster[];
  readonly onPress: (cluster: Cluster) => void;
}

const DIRECTIONS: Record<string, Direction> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};

/**
 * The clusters as buttons over the map. One of them is in the tab order, and arrow keys go from it
 * to those beside it.
 */
export function ClusterLayer({ map, clusters, onPress }: Props) {
  const { t } = useTranslation();
  const layer = useRef<HTMLUListElement>(null);
  const [current, setCurrent] = useState(0);
  /** The cluster that was pressed by keyboard: the focus goes to what takes its place. */
  const pressed = useRef<Cluster | null>(null);
  usePositions(map, clusters, layer);

  const focus = (index: number) => {
    setCurrent(index);
    buttonAt(layer.current, index)?.focus();
  };
  const focusSuccessor = useEffectEvent((before: Cluster) => focus(clusterAt(clusters, before)));
  useEffect(() => {
    const before = pressed.current;
    if (before === null || clusters.length === 0) return;
    pressed.current = null;
    focusSuccessor(before);
  }, [clusters]);

  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    const direction = DIRECTIONS[event.key];
    if (direction === undefined) return;
    event.preventDefault();
    // The map would move too. It listens to an element around this one.
    event.stopPropagation();
    const next = nextPoint(positionsOf(map, clusters), current, direction);
    if (next === undefined) return;
    focus(next);
    keepInView(map, clusters[next]);
  });
  useEffect(() => {
    const element = layer.current;
    const listener = (event: KeyboardEvent) => onKeyDown(event);
    element?.addEventListener("keydown", listener);
    return () => element?.removeEventListener("keydown", listener);
  }, []);

  const tabStop = Math.min(current, clusters.length - 1);
  // In the element that MapLibre listens to, so that a drag or a wheel over a button moves the map.
  return createPortal(
    <ul
      ref={layer}
      aria-label={t("map.clusters")}
      className="pointer-events-none absolute top-0 left-0 size-full overflow-clip"
    >
      {clusters.map((cluster, index) => (
        <li
          key={`${cluster.lat} ${cluster.lon}`}
          // The largest are over the others, and the one at hand over all.
          style={{ zIndex: clusters.length - index }}
          className="absolute top-0 left-0 focus-within:z-[2001]! hover:z-[2000]!"
        >
          <ClusterButton
            cluster={cluster}
            isTabStop={index === tabStop}
            onFocus={() => setCurrent(index)}
            onPress={(byKeyboard) => {
              pressed.current = byKeyboard ? cluster : null;
              onPress(cluster);
            }}
          />
        </li>
      ))}
    </ul>,
    map.getCanvasContainer(),
  );
}

interface ButtonProps {
  readonly cluster: Cluster;
  readonly isTabStop: boolean;
  readonly onFocus: () => void;
  readonly onPress: (byKeyboard: boolean) => void;
}

function ClusterButton({ cluster, isTabStop, onFocus, onPress }: ButtonProps) {
  const { t, i18n } = useTranslation();
  const { count, cover, lat, lon } = cluster;
  const compact = new Intl.NumberFormat(i18n.language, { notation: "compact" });
  return (
    <button
      type="button"
      tabIndex={isTabStop ? 0 : -1}
      aria-label={t("map.cluster", { count })}
      aria-description={t("map.position", { lat: lat.toFixed(2), lon: lon.toFixed(2) })}
      onFocus={onFocus}
      // A press by keyboard has no pointer, and so no clicks to count.
      onClick={(event) => onPress(event.detail === 0)}
      className={classNames(
        "pointer-events-auto relative block -translate-x-1/2 -translate-y-1/2 cursor-pointer rounded-xl bg-sunken shadow-md ring-2 ring-white transition-transform duration-150 hover:scale-110",
        count === 1 ? "size-10" : "size-13",
      )}
    >
      <span className="absolute inset-0 overflow-hidden rounded-xl">
        <CoverImage src={cover?.thumbnail_url} blurhash={cover?.blurhash} />
      </span>
      {count > 1 && (
        <span className="absolute -end-2 -top-2 min-w-5.5 rounded-full bg-accent px-1.5 py-px text-center text-xs font-semibold text-on-accent shadow">
          {compact.format(count)}
        </span>
      )}
    </button>
  );
}

/** Keep the elements of a list at their clusters while the map moves, without rendering. */
function usePositions(
  map: MapLibreMap,
  clusters: readonly Cluster[],
  layer: { readonly current: HTMLUListElement | null },
): void {
  useLayoutEffect(() => {
    const place = () => {
      const points = positionsOf(map, clusters);
      for (const [index, element] of [...(layer.current?.children ?? [])].entries()) {
        const point = points[index];
        if (!(element instanceof HTMLElement) || point === undefined) continue;
        element.style.transform = `translate(${point.x}px, ${point.y}px)`;
      }
    };
    place();
    map.on("move", place);
    map.on("resize", place);
    return () => {
      map.off("move", place);
      map.off("resize", place);
    };
  }, [map, clusters, layer]);
}

function positionsOf(map: MapLibreMap, clusters: readonly Cluster[]) {
  const centre = map.getCenter().lng;
  return clusters.map(({ lat, lon }) => map.project([nearestCopy(lon, centre), lat]));
}

function keepInView(map: MapLibreMap, cluster: Cluster | undefined): void {
  if (cluster === undefined) return;
  const centre = map.getCenter().lng;
  const position: [number, number] = [nearestCopy(cluster.lon, centre), cluster.lat];
  if (!map.getBounds().contains(position)) map.panTo(position, undefined, { byUser: true });
}

function buttonAt(list: HTMLUListElement | null, index: number): HTMLElement | null {
  return list?.children[index]?.querySelector("button") ?? null;
}
