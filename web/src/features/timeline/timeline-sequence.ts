/** The order of the timeline for the viewer: over all months, each loaded when it is needed. */

import { queryClient } from "@/api/query-client";
import type { PhotoSequence } from "@/features/photos/open-photo";
import { isShown, pendingChanges } from "@/features/photos/pending-changes";
import { bucketsQuery, monthQuery } from "./months";

/** The next month is loaded when so few photos are left of one. */
const LOAD_AHEAD = 5;

/** Return the sequence of the timeline; `month` has the photo that it begins at. */
export function timelineSequence(month: string): PhotoSequence {
  let current = month;
  const listeners = new Set<() => void>();

  const load = (wanted: string | undefined): void => {
    if (wanted === undefined || idsOf(wanted) !== undefined) return;
    queryClient.fetchQuery(monthQuery(wanted)).then(
      () => {
        for (const listener of listeners) listener();
      },
      // The viewer asks again when it comes to the end.
      () => undefined,
    );
  };

  const step = (photoId: string, by: 1 | -1): string | null => {
    const months = monthsInOrder();
    const containing = [current, ...months].find((each) => idsOf(each)?.includes(photoId));
    if (containing === undefined) return null;
    current = containing;
    const ids = idsOf(current) ?? [];
    const position = ids.indexOf(photoId);
    const beyond = monthsBeyond(months, current, by);
    const left = by === 1 ? ids.length - 1 - position : position;
    if (left < LOAD_AHEAD) load(beyond[0]);
    return firstShown(ids, position + by, by) ?? firstOf(beyond, by, load);
  };

  return {
    next: (photoId) => step(photoId, 1),
    previous: (photoId) => step(photoId, -1),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Return the months after one, or before it, the nearest first. */
function monthsBeyond(months: readonly string[], month: string, by: 1 | -1): readonly string[] {
  const index = months.indexOf(month);
  if (index < 0) return [];
  return by === 1 ? months.slice(index + 1) : months.slice(0, index).reverse();
}

/** Return the first photo of months; those whose photos have just gone to the trash are passed. */
function firstOf(
  months: readonly string[],
  by: 1 | -1,
  load: (month: string) => void,
): string | null {
  for (const month of months) {
    const ids = idsOf(month);
    if (ids === undefined) {
      load(month);
      return null;
    }
    const first = firstShown(ids, by === 1 ? 0 : ids.length - 1, by);
    if (first !== undefined) return first;
  }
  return null;
}

function monthsInOrder(): readonly string[] {
  const buckets = queryClient.getQueryData(bucketsQuery.queryKey) ?? [];
  return buckets.map(({ month }) => month);
}

function idsOf(month: string | undefined): readonly string[] | undefined {
  if (month === undefined) return undefined;
  return queryClient.getQueryData(monthQuery(month).queryKey)?.id;
}

function firstShown(ids: readonly string[], from: number, by: 1 | -1): string | undefined {
  const pending = pendingChanges();
  for (let index = from; index >= 0 && index < ids.length; index += by) {
    const id = ids[index];
    if (id !== undefined && isShown(pending, id)) return id;
  }
  return undefined;
}
