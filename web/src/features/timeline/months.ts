/** The months of the timeline, and the photos of each. */

import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { queryClient } from "@/api/query-client";
import type { components } from "@/api/schema";
import { keepUnchanged, loadMonth } from "./load-month";
import { type MonthColumns, withPhotosAt } from "./month-columns";

export type MonthCount = components["schemas"]["MonthCount"];

const MONTHS = ["timeline", "month"];
const POLL_MS = 2_000;
const PROCESSING_POLL_MS = 15_000;
/** URLs of thumbnails are valid for six hours at least. */
const URLS_VALID_MS = 5.5 * 60 * 60 * 1000;

/** Months that have photos, the latest first. What changed of them since is read again. */
export const bucketsQuery = queryOptions({
  queryKey: ["timeline", "buckets"],
  queryFn: async ({ signal }) => {
    const { buckets } = await unwrap(api.GET("/api/v1/timeline", { signal }));
    for (const bucket of buckets) invalidateIfChanged(bucket);
    emptyMonthsOutside(buckets);
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
    queryKey: [...MONTHS, month],
    queryFn: async ({ signal }) => {
      const columns = await loadMonth((cursor) =>
        unwrap(
          api.GET("/api/v1/timeline/{month}", {
            params: { path: { month }, query: cursor === undefined ? {} : { cursor } },
            signal,
          }),
        ),
      );
      compareWithOverview(columns);
      return columns;
    },
    staleTime: URLS_VALID_MS,
    structuralSharing: (previous, next) =>
      keepUnchanged(previous as MonthColumns | undefined, next as MonthColumns),
    // The end of processing comes as an event, unless the stream is cut off just then.
    refetchInterval: ({ state }) =>
      state.data?.status.includes("processing") ? PROCESSING_POLL_MS : false,
  });

/** Load what the timeline shows first, while its screen is prepared. */
export async function prefetchTimeline(): Promise<void> {
  // What fails is loaded again by the screen, which says it.
  await queryClient.prefetchQuery(bucketsQuery);
  const [latest] = queryClient.getQueryData(bucketsQuery.queryKey) ?? [];
  if (latest !== undefined) await queryClient.prefetchQuery(monthQuery(latest.month));
}

/** Load what changed of the timeline, such as after an upload. */
export async function refreshTimeline(): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: bucketsQuery.queryKey });
}

/**
 * Read the overview again where it says something else of a month that has just been read.
 *
 * One of the two is older. If it is the month, the overview came while its request was under way.
 */
function compareWithOverview({ month, version, id }: MonthColumns): void {
  const overview = queryClient.getQueryData(bucketsQuery.queryKey);
  if (overview === undefined) return;
  const bucket = overview.find((each) => each.month === month);
  const agrees =
    // One without a version is read again anyway.
    bucket === undefined ? id.length === 0 : bucket.version == null || bucket.version === version;
  if (!agrees) void refreshTimeline();
}

/** Take the photos out of loaded months that have none any more. */
function emptyMonthsOutside(buckets: readonly MonthCount[]): void {
  const months = new Set(buckets.map(({ month }) => month));
  const loaded = queryClient.getQueriesData<MonthColumns>({ queryKey: MONTHS });
  for (const [queryKey, columns] of loaded) {
    if (columns === undefined || columns.id.length === 0 || months.has(columns.month)) continue;
    const empty = { ...withPhotosAt(columns, []), count: 0, version: null };
    queryClient.setQueryData(queryKey, empty);
  }
}

function invalidateIfChanged({ month, version }: MonthCount): void {
  const { queryKey } = monthQuery(month);
  const loaded = queryClient.getQueryData(queryKey);
  if (loaded === undefined || (version != null && loaded.version === version)) return;
  void queryClient.invalidateQueries({ queryKey });
}
