/** Having photos made again from their originals. */

import { api, unwrap } from "@/api/client";
import { queryClient } from "@/api/query-client";
import { refreshTimeline } from "@/features/timeline/months";

/** Have a photo processed again from its original, whatever its version. */
export async function reprocessPhoto(photoId: string): Promise<void> {
  await unwrap(
    api.POST("/api/v1/photos/{photo_id}/reprocess", {
      params: { path: { photo_id: photoId }, query: { variants: "" } },
    }),
  );
  void queryClient.invalidateQueries({ queryKey: ["photo", photoId] });
  void refreshTimeline();
}

/** Have photos made again, one after another; return how many could not. */
export async function reprocessPhotos(photoIds: readonly string[]): Promise<number> {
  let refused = 0;
  for (const photoId of photoIds) {
    try {
      await reprocessPhoto(photoId);
    } catch (error) {
      // With none accepted the reason is worth more than the number.
      if (photoIds.length === 1) throw error;
      refused += 1;
    }
  }
  return refused;
}
