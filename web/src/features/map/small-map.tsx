import coarseUrl from "virtual:land-outlines/coarse";
import fineUrl from "virtual:land-outlines/fine";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Outlines, outlinePaths, type Place } from "./outline-paths";

/** In pixels of the drawing, which is as wide as there is room. */
const WIDTH = 320;
const HEIGHT = 150;

const outlinesQuery = (url: string) =>
  queryOptions({
    queryKey: ["land-outlines", url],
    queryFn: async ({ signal }): Promise<Outlines> => {
      const response = await fetch(url, { signal });
      if (!response.ok) throw new Error(`land outlines: ${response.status}`);
      return (await response.json()) as Outlines;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The part of the world around a place, from the outlines alone; a picture, which says nothing. */
export function SmallMap({ place }: { readonly place: Place }) {
  // The coarse ones are there at once, and where there is no network.
  const { data: coarse } = useQuery(outlinesQuery(coarseUrl));
  const { data: fine } = useQuery(outlinesQuery(fineUrl));
  const data = fine ?? coarse;
  const { lat, lon } = place;
  const paths = useMemo(
    () => data && outlinePaths(data, { lat, lon }, { width: WIDTH, height: HEIGHT }),
    [data, lat, lon],
  );
  return (
    <svg
      aria-hidden
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      className="block w-full rounded-xl border border-line bg-(--map-water)"
    >
      {paths && (
        <g strokeLinejoin="round">
          <path d={paths.land} className="fill-(--map-land)" />
          <path d={paths.border} className="fill-none stroke-(--map-border)" />
          <path d={paths.coast} className="fill-none stroke-(--map-coast)" />
        </g>
      )}
      <circle
        cx={WIDTH / 2}
        cy={HEIGHT / 2}
        r={6}
        className="fill-accent stroke-surface"
        strokeWidth={2.5}
      />
    </svg>
  );
}
