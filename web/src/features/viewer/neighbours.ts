/** The photos before and after the open one. */

import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { currentSequence } from "@/features/photos/open-photo";
import { bucketsQuery, monthQuery } from "@/features/timeline/months";
import type { PhotoDetail } from "./photo-query";

export interface Neighbours {
  readonly previous: string | null;
  readonly next: string | null;
}

const MONTH_LENGTH = "YYYY-MM".length;

/**
 * Return the neighbours in the list that the photo was opened from, else those in the timeline.
 *
 * `gone` are photos that were moved to the trash since the list was read.
 */
export function useNeighbours(
  photoId: string,
  photo: PhotoDetail | undefined,
  gone: ReadonlySet<string>,
): Neighbours {
  const list = currentSequence();
  const isListed = list.has?.(photoId) !== false;
  const inTimeline = useTimelineNeighbours(photoId, isListed ? undefined : photo, gone);
  const previous = useSyncExternalStore(list.subscribe, () => skip(list.previous, photoId, gone));
  const next = useSyncExternalStore(list.subscribe, () => skip(list.next, photoId, gone));
  return isListed ? { previous, next } : inTimeline;
}

function skip(
  step: (photoId: string) => string | null,
  photoId: string,
  gone: ReadonlySet<string>,
): string | null {
  let id = step(photoId);
  while (id !== null && gone.has(id)) id = step(id);
  return id;
}

function useTimelineNeighbours(
  photoId: string,
  photo: PhotoDetail | undefined,
  gone: ReadonlySet<string>,
): Neighbours {
  const month = photo?.trashed_at ? undefined : photo?.taken_at_local.slice(0, MONTH_LENGTH);
  const { data: buckets } = useQuery({ ...bucketsQuery, enabled: month !== undefined });
  const position = buckets?.findIndex((bucket) => bucket.month === month) ?? -1;
  const own = useMonth(month, gone);
  const index = own.indexOf(photoId);
  const isFirst = index === 0;
  const isLast = index >= 0 && index === own.length - 1;
  const later = useMonth(isFirst ? buckets?.[position - 1]?.month : undefined, gone);
  const earlier = useMonth(
    isLast && position >= 0 ? buckets?.[position + 1]?.month : undefined,
    gone,
  );
  if (index < 0) return { previous: null, next: null };
  return {
    previous: own[index - 1] ?? later.at(-1) ?? null,
    next: own[index + 1] ?? earlier[0] ?? null,
  };
}

function useMonth(month: string | undefined, gone: ReadonlySet<string>): readonly string[] {
  const { data } = useQuery({ ...monthQuery(month ?? ""), enabled: month !== undefined });
  if (month === undefined || data === undefined) return [];
  return gone.size === 0 ? data.id : data.id.filter((id) => !gone.has(id));
}
