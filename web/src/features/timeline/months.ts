/** The months of the timeline, and the photos of each. */

import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { ProblemError } from "@/api/problem";
import { queryClient } from "@/api/query-client";
import type { components } from "@/api/schema";
import { keepUnchanged, loadMonth } from "./load-month";
import type { MonthColumns } from "./month-columns";

export type MonthCount = components["schemas"]["MonthCount"];

const POLL_MS = 2_000;
const ARRIVAL_POLL_MS = 500;
const MOST_ARRIVAL_POLLS = 40;
/** URLs of thumbnails are valid for six hours at least. */
const URLS_VALID_MS = 5.5 * 60 * 60 * 1000;

/** Months that have photos, the latest first. What changed of them since is read again. */
export const bucketsQuery = queryOptions({
  queryKey: ["timeline", "buckets"],
  queryFn: async ({ signal }) => {
    const { buckets } = await unwrap(api.GET("/api/v1/timeline", { signal }));
    for (const bucket of buckets) invalidateIfChanged(bucket);
    return buckets;
  },
  // Months have no version while changes are being counted.
  refetchInterval: ({ state }) =>
    state.data?.some(({ version }) => version == null) ? POLL_MS : false,
});

/**
 * The photos of a month in columns.
 *
 * Whether they have changed is what the overview's versions say, and the browser's HTTP cache
 * asks again with the entity tag of the response it has.
 */
export const monthQuery = (month: string) =>
  queryOptions({
    queryKey: ["timeline", "month", month],
    queryFn: ({ signal }) =>
      loadMonth((cursor) =>
        unwrap(
          api.GET("/api/v1/timeline/{month}", {
            params: { path: { month }, query: cursor === undefined ? {} : { cursor } },
            signal,
          }),
        ),
      ),
    staleTime: URLS_VALID_MS,
    structuralSharing: (previous, next) =>
      keepUnchanged(previous as MonthColumns | undefined, next as MonthColumns),
    // Until the steps of processing come as events.
    refetchInterval: ({ state }) => (state.data?.status.includes("processing") ? POLL_MS : false),
  });

/**
 * Show photos that were just stored.
 *
 * The library has a photo moments after its receipt. One that takes longer is shown when the
 * timeline is next read.
 */
export async function showStoredPhotos(photoIds: readonly string[]): Promise<void> {
  try {
    // One after another: the first wait is that of all.
    for (const photoId of photoIds) await waitForPhoto(photoId);
  } catch {
    // What is there is shown.
  }
  await queryClient.invalidateQueries({ queryKey: bucketsQuery.queryKey });
}

/** Return when the library has a photo; throw when it has it not within a while. */
async function waitForPhoto(photoId: string): Promise<void> {
  await queryClient.fetchQuery({
    queryKey: ["timeline", "arrival", photoId],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/photos/{photo_id}", { params: { path: { photo_id: photoId } }, signal }),
      ),
    retry: (count, error) =>
      count < MOST_ARRIVAL_POLLS && error instanceof ProblemError && error.problem.status === 404,
    retryDelay: ARRIVAL_POLL_MS,
    gcTime: 0,
  });
}

function invalidateIfChanged({ month, version }: MonthCount): void {
  const { queryKey } = monthQuery(month);
  const loaded = queryClient.getQueryData(queryKey);
  if (loaded === undefined || (version != null && loaded.version === version)) return;
  void queryClient.invalidateQueries({ queryKey });
}
