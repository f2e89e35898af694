/** Requests of the search screens. A request that nobody waits for any more is cancelled. */

import {
  infiniteQueryOptions,
  keepPreviousData,
  type QueryClient,
  queryOptions,
} from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { isTransient } from "@/api/problem";
import type { components } from "@/api/schema";
import { heldPicture } from "./held-picture";
import { type SearchAddress, toApiQuery, toPictureFilters } from "./search-address";

type Schemas = components["schemas"];
export type SearchPage = Schemas["SearchPage"];
export type Suggestion = Schemas["Completion"];
export type FacetValue = Schemas["FacetValue"];
export type PastSearch = Schemas["PastSearch"];
export type Facets = NonNullable<SearchPage["facets"]>;

const PAGE_SIZE = 60;
const MOST_SIMILAR = 60;
const SUGGESTIONS = 9;
const VARIANTS = "400,800";
const FACETS = "cities,countries,tags,cameras,months,colors,types,orientations";
/** URLs of pictures are valid for hours; a list that changes under the eyes is no use. */
const FRESH_MS = 5 * 60_000;

/** Who types does not wait long for what fails. */
function retryOnce(count: number, error: Error): boolean {
  return count < 1 && isTransient(error);
}

/** The zone by which `today` is a day. */
const tz = Intl.DateTimeFormat().resolvedOptions().timeZone;

export const resultsQuery = (address: SearchAddress) =>
  infiniteQueryOptions({
    queryKey: ["search", toApiQuery(address)],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/search", {
          params: {
            query: {
              ...toApiQuery(address),
              tz,
              limit: PAGE_SIZE,
              variants: VARIANTS,
              ...(pageParam === null ? { facets: FACETS } : { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    placeholderData: keepPreviousData,
    staleTime: FRESH_MS,
    refetchOnWindowFocus: false,
    retry: retryOnce,
  });

/** What a library has, as ways into it. */
export const waysInQuery = queryOptions({
  queryKey: ["search", "ways-in"],
  queryFn: ({ signal }) =>
    unwrap(
      api.GET("/api/v1/search", {
        params: { query: { limit: 1, variants: "", facets: "cities,tags,cameras,colors,months" } },
        signal,
      }),
    ),
});

export const similarQuery = (photoId: string) =>
  queryOptions({
    queryKey: ["search", "similar", photoId],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/photos/{photo_id}/similar", {
          params: {
            path: { photo_id: photoId },
            query: { limit: MOST_SIMILAR, variants: VARIANTS },
          },
          signal,
        }),
      ),
    staleTime: FRESH_MS,
    retry: retryOnce,
  });

/** The photo that results are similar to. */
export const photoQuery = (photoId: string) =>
  queryOptions({
    queryKey: ["photo", photoId],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/photos/{photo_id}", { params: { path: { photo_id: photoId } }, signal }),
      ),
  });

export const pictureQuery = (address: SearchAddress) =>
  queryOptions({
    queryKey: ["search", "picture", address.picture, toPictureFilters(address)],
    queryFn: async ({ signal }) => {
      const held = heldPicture(address.picture);
      if (held === undefined) return null;
      return unwrap(
        api.POST("/api/v1/search/image", {
          params: {
            query: {
              ...toPictureFilters(address),
              tz,
              limit: MOST_SIMILAR,
              variants: VARIANTS,
            },
          },
          body: { file: "" },
          bodySerializer: () => {
            const form = new FormData();
            form.append("file", held.picture, held.name);
            return form;
          },
          signal,
        }),
      );
    },
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

export const suggestionsQuery = (q: string) =>
  queryOptions({
    queryKey: ["search", "suggestions", q],
    queryFn: async ({ signal }) => {
      const query = { q, limit: SUGGESTIONS };
      return (await unwrap(api.GET("/api/v1/search/suggest", { params: { query }, signal }))).items;
    },
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    retry: false,
  });

export const historyQuery = queryOptions({
  queryKey: ["search", "history"],
  queryFn: async ({ signal }) => {
    const query = { limit: 50 };
    return (await unwrap(api.GET("/api/v1/search/history", { params: { query }, signal }))).items;
  },
  // A search is listed some seconds after it was made.
  staleTime: 0,
});

export const historySettingsQuery = queryOptions({
  queryKey: ["search", "history-settings"],
  queryFn: ({ signal }) => unwrap(api.GET("/api/v1/search/history/settings", { signal })),
});

export async function deletePastSearch(id: string): Promise<void> {
  await unwrap(
    api.DELETE("/api/v1/search/history/{search_id}", { params: { path: { search_id: id } } }),
  );
}

export async function deleteHistory(): Promise<void> {
  await unwrap(api.DELETE("/api/v1/search/history"));
}

export async function recordSearches(enabled: boolean): Promise<void> {
  await unwrap(api.PUT("/api/v1/search/history/settings", { body: { enabled } }));
}

/** Past searches are suggestions too. */
export async function refreshHistory(client: QueryClient): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: historyQuery.queryKey }),
    client.invalidateQueries({ queryKey: ["search", "suggestions"] }),
  ]);
}
