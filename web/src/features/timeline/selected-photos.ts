/** From a selection, in which months need not be loaded, to the photos themselves. */

import { queryClient } from "@/api/query-client";
import { pendingChanges } from "@/features/photos/pending-changes";
import type { ChosenPhoto } from "@/features/photos/photo-actions";
import { groupOf, isSelected, type PhotoSelection, type Timeline } from "./layout";
import { monthQuery } from "./months";
import { withPendingChanges } from "./with-pending-changes";

/** Return the selected photos, the latest first. Months of which some are selected are loaded. */
export async function selectedPhotos(
  selection: PhotoSelection,
  timeline: Timeline,
): Promise<ChosenPhoto[]> {
  const photos: ChosenPhoto[] = [];
  for (const { month } of timeline.months) {
    const { inverted, ids } = groupOf(selection, month);
    if (!inverted && ids.size === 0) continue;
    const columns = await queryClient.ensureQueryData(monthQuery(month));
    const shown = withPendingChanges(columns, pendingChanges());
    shown.id.forEach((id, index) => {
      if (!isSelected(selection, month, id)) return;
      photos.push({ id, favorite: shown.favorite[index] ?? false });
    });
  }
  return photos;
}
