/** The photos of the timeline, month by month, the latest first. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { queryClient } from "@/api/query-client";
import type { components } from "@/api/schema";

export type CompactPhoto = components["schemas"]["CompactPhoto"];

const PAGE_SIZE = 200;
const POLL_MS = 2_000;

export const bucketsQuery = queryOptions({
  queryKey: ["timeline", "buckets"],
  queryFn: async ({ signal }) => (await unwrap(api.GET("/api/v1/timeline", { signal }))).buckets,
});

interface Position {
  readonly month: string;
  readonly cursor: string | undefined;
}

interface MonthPage {
  readonly items: readonly CompactPhoto[];
  readonly next: Position | undefined;
}

export const photosQuery = infiniteQueryOptions({
  queryKey: ["timeline", "photos"],
  initialPageParam: undefined as Position | undefined,
  queryFn: async ({ pageParam, signal }): Promise<MonthPage> => {
    const months = (await queryClient.fetchQuery(bucketsQuery)).map(({ month }) => month);
    const month = pageParam?.month ?? months[0];
    if (month === undefined) return { items: [], next: undefined };
    const cursor = pageParam?.cursor;
    const page = await unwrap(
      api.GET("/api/v1/timeline/{month}", {
        params: {
          path: { month },
          query: cursor === undefined ? { limit: PAGE_SIZE } : { limit: PAGE_SIZE, cursor },
        },
        signal,
      }),
    );
    if (page.next_cursor != null)
      return { items: page.items, next: { month, cursor: page.next_cursor } };
    const following = months.find((other) => other < month);
    const next = following === undefined ? undefined : { month: following, cursor: undefined };
    return { items: page.items, next };
  },
  getNextPageParam: ({ next }) => next,
  // Until the steps of processing come as events.
  refetchInterval: ({ state }) => {
    const photos = state.data?.pages.flatMap(({ items }) => items) ?? [];
    return photos.some(({ status }) => status === "processing") ? POLL_MS : false;
  },
});

/** Load the timeline anew, such as after an upload. */
export async function refreshTimeline(): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: bucketsQuery.queryKey });
  await queryClient.invalidateQueries({ queryKey: photosQuery.queryKey });
}
