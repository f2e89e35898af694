/** A photo with all that the viewer shows, and what a grid knows of it already. */

import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { queryClient } from "@/api/query-client";
import type { components } from "@/api/schema";
import { type MonthColumns, photoAt } from "@/features/timeline/month-columns";
import type { Size } from "./zoom";

export type PhotoDetail = components["schemas"]["PhotoDetail"];

const POLL_MS = 1_500;

export const photoQuery = (photoId: string) =>
  queryOptions({
    queryKey: ["photo", photoId],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/photos/{photo_id}", { params: { path: { photo_id: photoId } }, signal }),
      ),
    refetchInterval: ({ state }) => (state.data && isUnfinished(state.data) ? POLL_MS : false),
  });

/** Return whether steps of the photo, or tags read from it, are still to come. */
function isUnfinished({ status, analysis }: PhotoDetail): boolean {
  return status === "processing" || (status === "ready" && analysis?.state === "pending");
}

/** What is shown until the photo is loaded. */
export interface Preview {
  readonly name: string;
  readonly aspectRatio: number;
  readonly blurhash: string | null;
  readonly thumbnailUrl: string | null;
}

/** Return what the loaded months of the timeline know of a photo. */
export function previewOf(photoId: string): Preview | undefined {
  const months = queryClient.getQueriesData<MonthColumns>({ queryKey: ["timeline", "month"] });
  for (const [, month] of months) {
    const index = month?.id.indexOf(photoId) ?? -1;
    if (month === undefined || index < 0) continue;
    const { name, aspect_ratio, blurhash, thumbnail_url } = photoAt(month, index);
    if (aspect_ratio == null) return undefined;
    return {
      name,
      aspectRatio: aspect_ratio,
      blurhash: blurhash ?? null,
      thumbnailUrl: thumbnail_url ?? null,
    };
  }
  return undefined;
}

const RATIO_PX = 1_000;

/** Return the pixels of a photo, of its ratio alone before it is loaded. */
export function pictureSize(
  photo: PhotoDetail | undefined,
  preview: Preview | undefined,
): Size | undefined {
  if (photo?.width && photo.height) return { width: photo.width, height: photo.height };
  return preview && { width: preview.aspectRatio * RATIO_PX, height: RATIO_PX };
}
