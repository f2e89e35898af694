import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { MapPinOff } from "lucide-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { useOpenPhoto } from "@/features/photos/open-photo";
import { usePageTitle } from "@/ui/page-title";
import { showToast } from "@/ui/toasts";
import { type Bbox, formatBbox, parseBbox, toBbox, WORLD, withMargin } from "./bbox";
import { ClusterLayer } from "./cluster-layer";
import { actionOf, bboxAround, type Cluster } from "./clusters";
import { MapControls } from "./map-controls";
import { showBbox, withPadding } from "./maplibre";
import { PhotoPanel } from "./photo-panel";
import { TileCredits } from "./tile-credits";
import { type MapView, useMap } from "./use-map";

const clustersQuery = (bbox: string, zoom: number) =>
  queryOptions({
    queryKey: ["map", bbox, zoom],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/v1/map", { params: { query: { bbox, zoom } }, signal })),
    placeholderData: keepPreviousData,
  });

/** All clusters of the world, from which the first view is taken. */
const worldQuery = clustersQuery(formatBbox(WORLD), 2);

/** Clusters at the edge of the view are whole. */
const MARGIN = 0.1;

export function MapScreen() {
  const { t } = useTranslation();
  usePageTitle(t("nav.map"));
  const { bbox } = useSearch({ from: "/signed-in/map" });
  const { data: world, error } = useQuery(worldQuery);
  if (error && !world && bbox === undefined) throw error;
  const first = parseBbox(bbox) ?? (world && firstView(world.clusters));
  return (
    <div className="relative -mb-24 flex h-[calc(100dvh-7.625rem-env(safe-area-inset-bottom))] overflow-clip lg:-mb-10 lg:h-[calc(100dvh-4rem)]">
      <h1 className="sr-only">{t("nav.map")}</h1>
      {first && (
        <PhotoMap
          first={first}
          all={world && firstView(world.clusters)}
          isEmpty={world?.total === 0}
        />
      )}
    </div>
  );
}

function firstView(clusters: readonly Cluster[]): Bbox {
  const around = bboxAround(clusters);
  return around === undefined ? WORLD : withPadding(around);
}

/**
 * Return the zoom of the API for one of MapLibre, whose tiles are twice as wide as those that web
 * maps count by. Cells are then 55 to 110 pixels wide, about as a cluster's button.
 */
function apiZoom(zoom: number): number {
  return Math.max(0, Math.floor(zoom + 1.25));
}

interface Props {
  readonly first: Bbox;
  readonly all: Bbox | undefined;
  readonly isEmpty: boolean;
}

function PhotoMap({ first, all, isEmpty }: Props) {
  const { t } = useTranslation();
  const container = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<MapView>();
  const [cluster, setCluster] = useState<string>();
  const setAddress = useBboxAddress((bbox) => map && showBbox(map, bbox, { byUser: false }));
  const map = useMap({
    container,
    bbox: first,
    title: t("nav.map"),
    onView: (next, byUser) => {
      setView(next);
      setCluster(undefined);
      if (byUser) setAddress(formatBbox(toBbox(next.bounds)));
    },
    onStyleFailure: () => showToast(t("map.tiles.failed")),
  });
  const { data } = useQuery({
    ...clustersQuery(
      view ? formatBbox(withMargin(view.bounds, MARGIN)) : "",
      apiZoom(view?.zoom ?? 0),
    ),
    enabled: view !== undefined,
  });
  const open = useOpenPhoto();

  const press = (of: Cluster) => {
    if (!map) return;
    // A move that is under way has its address before a photo covers it.
    map.stop();
    const action = actionOf(of, map.getZoom());
    if (action.type === "open") open(action.photoId);
    else if (action.type === "list") setCluster(formatBbox(action.bbox));
    else showBbox(map, action.bbox, { byUser: true });
  };

  const inView = view ? formatBbox(toBbox(view.bounds)) : formatBbox(first);
  return (
    <>
      <div className="relative min-w-0 grow bg-(--map-water) pb-16 lg:pb-0">
        <div ref={container} className="h-full" />
        {map === null && <Unsupported />}
        {map && (
          <MapControls map={map} onShowAll={() => showBbox(map, all ?? WORLD, { byUser: true })} />
        )}
        {map && <ClusterLayer map={map} clusters={data?.clusters ?? []} onPress={press} />}
        {map && <TileCredits map={map} />}
        {isEmpty && <Empty />}
      </div>
      <PhotoPanel
        bbox={cluster ?? inView}
        isCluster={cluster !== undefined}
        onShowView={() => setCluster(undefined)}
      />
    </>
  );
}

/** Return a function that keeps a box in the address. `onChange` is called for another one there. */
function useBboxAddress(onChange: (bbox: Bbox) => void): (bbox: string) => void {
  const { bbox } = useSearch({ from: "/signed-in/map" });
  const navigate = useNavigate();
  const written = useRef(bbox);
  const follow = useEffectEvent((next: string | undefined) => {
    const box = parseBbox(next);
    if (next === written.current || box === undefined) return;
    written.current = next;
    onChange(box);
  });
  useEffect(() => follow(bbox), [bbox]);
  return (next) => {
    written.current = next;
    void navigate({
      to: "/map",
      search: (before) => ({ ...before, bbox: next }),
      // A drag is no place to come back to one by one.
      replace: true,
      resetScroll: false,
    });
  };
}

function Unsupported() {
  const { t } = useTranslation();
  return (
    <p
      role="alert"
      className="absolute inset-0 grid place-items-center p-8 text-center text-balance"
    >
      {t("map.unsupported")}
    </p>
  );
}

function Empty() {
  const { t } = useTranslation();
  return (
    <div className="pointer-events-none absolute inset-0 grid place-items-center p-6">
      <div className="max-w-sm rounded-2xl border border-line bg-surface p-6 text-center shadow-lg">
        <MapPinOff aria-hidden className="mx-auto mb-3 size-7 text-accent" />
        <h2 className="text-lg font-semibold">{t("map.empty.title")}</h2>
        <p className="mt-1 text-sm text-ink-soft text-pretty">{t("map.empty.hint")}</p>
      </div>
    </div>
  );
}
