/** The months of the overview while changes of their photos are on their way. */

import { queryClient } from "@/api/query-client";
import type { PendingChanges } from "@/features/photos/pending-changes";
import { type MonthCount, monthQuery } from "./months";
import { withPendingChanges } from "./with-pending-changes";

const shownBefore = new WeakMap<readonly MonthCount[], readonly MonthCount[]>();

/**
 * Return the buckets without the months all of whose photos are about to leave them; the same
 * list for the same months. When such a change fails, the month is among them again.
 */
export function withoutEmptied(
  buckets: readonly MonthCount[],
  pending: PendingChanges,
): readonly MonthCount[] {
  const shown = buckets.filter(({ month }) => !isEmptied(month, pending));
  if (shown.length === buckets.length) return buckets;
  const before = shownBefore.get(buckets) ?? [];
  if (shown.length === before.length && shown.every((each, at) => each === before[at])) {
    return before;
  }
  shownBefore.set(buckets, shown);
  return shown;
}

function isEmptied(month: string, pending: PendingChanges): boolean {
  if (pending.size === 0) return false;
  const loaded = queryClient.getQueryData(monthQuery(month).queryKey);
  if (loaded === undefined || loaded.id.length === 0) return false;
  return withPendingChanges(loaded, pending).id.length === 0;
}
