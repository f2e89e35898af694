/** What is done to photos that were processed or could not be. */

import { api, unwrap } from "@/api/client";

/** Ids of one request. */
const MOST_IDS = 500;

/** Have a photo made again from its original. */
export async function reprocessPhoto(photoId: string): Promise<void> {
  await unwrap(
    api.POST("/api/v1/photos/{photo_id}/reprocess", {
      params: { path: { photo_id: photoId }, query: { variants: "" } },
    }),
  );
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

/** Move photos into the trash, or back out of it; return how many could not. */
export async function changeTrash(
  photoIds: readonly string[],
  action: "trash" | "restore",
): Promise<number> {
  let refused = 0;
  for (let start = 0; start < photoIds.length; start += MOST_IDS) {
    const body = { action, ids: photoIds.slice(start, start + MOST_IDS), tags: [] };
    const { results } = await unwrap(api.POST("/api/v1/photos/batch", { body }));
    refused += results.filter(({ ok }) => !ok).length;
  }
  return refused;
}
