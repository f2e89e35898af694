/** Photos of the library by the state of their processing, the newest upload first. */

import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { PHOTO_LISTS } from "@/features/photos/refresh-lists";

export type Photo = components["schemas"]["Photo"];
export type PhotoDetail = components["schemas"]["PhotoDetail"];

/** Photos of a list that are shown. */
export const MOST_SHOWN = 100;
const POLL_MS = 2_000;
/** While nothing is processed: a photo may come from another device. */
const IDLE_POLL_MS = 15_000;
const STEPS_POLL_MS = 1_500;

/** The photos in this state; read again while some are being processed. */
export const photosQuery = (status: "processing" | "failed") =>
  queryOptions({
    queryKey: [...PHOTO_LISTS, "activity", status],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/photos", {
          params: {
            query: {
              status,
              sort: "created_at",
              order: "desc",
              limit: MOST_SHOWN,
              variants: "150",
            },
          },
          signal,
        }),
      ),
    staleTime: 0,
    refetchInterval: ({ state }) =>
      status === "processing" && (state.data?.items.length ?? 0) > 0 ? POLL_MS : IDLE_POLL_MS,
  });

/** One photo with its steps, read again while it is processed. */
export const stepsQuery = (photoId: string) =>
  queryOptions({
    queryKey: ["photo", photoId, "steps"],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/photos/{photo_id}", {
          params: { path: { photo_id: photoId }, query: { variants: "" } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) =>
      state.data === undefined || state.data.status === "processing" ? STEPS_POLL_MS : false,
  });
