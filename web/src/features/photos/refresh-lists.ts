/** Reading lists again that show photos that have changed. */

import { queryClient } from "@/api/query-client";
import { refreshTimeline } from "@/features/timeline/months";

/** Photos of lists other than the timeline. */
export const PHOTO_LISTS = ["photo-lists"];

export async function refreshLists(): Promise<void> {
  await Promise.all([
    refreshTimeline(),
    queryClient.invalidateQueries({ queryKey: PHOTO_LISTS }),
    queryClient.invalidateQueries({ queryKey: ["photo"] }),
  ]);
}
