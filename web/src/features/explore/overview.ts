/** What the library has of places, tags and cameras, and a picture for each. */

import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { imageSources } from "@/features/photos/variants";

export type FacetValue = components["schemas"]["FacetValue"];

/** Filters of a search, by the names of the API and of the address of the search screen. */
export interface SearchFilter {
  readonly q?: string;
  readonly place?: string[];
  readonly tag?: string[];
  readonly camera?: string[];
  readonly from?: string;
  readonly to?: string;
}

const FACETS = "cities,countries,tags,cameras";
const FRESH_MS = 5 * 60_000;

export const overviewQuery = queryOptions({
  queryKey: ["search", "overview"],
  queryFn: async ({ signal }) => {
    const query = { facets: FACETS, limit: 1, variants: "" };
    const page = await unwrap(api.GET("/api/v1/search", { params: { query }, signal }));
    const of = (name: string): FacetValue[] => page.facets?.[name] ?? [];
    return {
      total: page.total,
      cities: of("cities"),
      countries: of("countries"),
      tags: of("tags"),
      cameras: of("cameras"),
    };
  },
});

/** The newest photo that a filter finds, as the picture of it; null where it finds none. */
export const coverQuery = (filter: SearchFilter) =>
  queryOptions({
    queryKey: ["search", "cover", filter],
    queryFn: async ({ signal }) => {
      const query = { ...filter, limit: 1, variants: "400" };
      const { items } = await unwrap(api.GET("/api/v1/search", { params: { query }, signal }));
      const photo = items[0]?.photo;
      return photo ? { ...imageSources(photo.variants), blurhash: photo.blurhash } : null;
    },
    staleTime: FRESH_MS,
  });

export const onThisDayQuery = (date: string) =>
  queryOptions({
    queryKey: ["timeline", "on-this-day", date],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/timeline/on-this-day", {
          params: { query: { date, limit: 200 } },
          signal,
        }),
      ),
    staleTime: FRESH_MS,
  });
