/** Opens the viewer over a list; the list stays mounted, with its scroll position. */

import { useNavigate, useParams } from "@tanstack/react-router";
import { useCallback } from "react";

/** The order of the list that a photo was opened from. */
export interface PhotoSequence {
  /** Return the id of the next photo, or null at the end. */
  readonly next: (photoId: string) => string | null;
  /** Return the id of the photo before, or null at the start. */
  readonly previous: (photoId: string) => string | null;
  /**
   * Call `listener` when more photos are loaded, so that `next` or `previous` has another one;
   * return the function that ends it.
   */
  readonly subscribe: (listener: () => void) => () => void;
  /** Return whether the list has the photo; without it, the list has every photo. */
  readonly has?: (photoId: string) => boolean;
  /** Scroll to the photo that was seen last and focus it, when the viewer has closed. */
  readonly reveal?: (photoId: string) => void;
}

/** The `subscribe` of a sequence that never changes. */
const NEVER = () => () => undefined;

const NO_SEQUENCE: PhotoSequence = {
  next: () => null,
  previous: () => null,
  subscribe: NEVER,
  has: () => false,
};

let sequence = NO_SEQUENCE;

/** Return the order of the list that the open photo was opened from. */
export function currentSequence(): PhotoSequence {
  return sequence;
}

/** Return the order of a list of ids that are all loaded. */
export function sequenceOf(photoIds: readonly string[]): PhotoSequence {
  const positions = new Map(photoIds.map((photoId, position) => [photoId, position]));
  const at = (photoId: string, step: number): string | null => {
    const position = positions.get(photoId);
    return position === undefined ? null : (photoIds[position + step] ?? null);
  };
  return {
    next: (photoId) => at(photoId, 1),
    previous: (photoId) => at(photoId, -1),
    subscribe: NEVER,
    has: (photoId) => positions.has(photoId),
  };
}

/** Return an order in which other photos follow one of the list; back at that one it goes on. */
export function branchOff(
  list: PhotoSequence,
  photoId: string,
  photoIds: readonly string[],
): PhotoSequence {
  const branch = sequenceOf([photoId, ...photoIds]);
  const of = (id: string) => (id !== photoId && branch.has?.(id) ? branch : list);
  return {
    ...list,
    next: (id) => of(id).next(id),
    previous: (id) => of(id).previous(id),
    has: (id) => branch.has?.(id) === true || list.has?.(id) !== false,
  };
}

/** Return a function that opens a photo: its address is shown, the list stays behind it. */
export function useOpenPhoto(): (photoId: string, of?: PhotoSequence) => void {
  const navigate = useNavigate();
  return useCallback(
    (photoId, of = NO_SEQUENCE) => {
      sequence = of;
      void navigate({
        to: ".",
        search: (before: Record<string, unknown>) => ({ ...before, photo: photoId }),
        mask: { to: "/photos/$photoId", params: { photoId }, unmaskOnReload: true },
        resetScroll: false,
      });
    },
    [navigate],
  );
}

/**
 * Return a function that shows another photo in place of the open one, in the history too: one
 * step back leads to the list, however many photos were seen.
 */
export function useStepPhoto(): (photoId: string, of?: PhotoSequence) => void {
  const navigate = useNavigate();
  const isAlone = useParams({ strict: false }).photoId !== undefined;
  return useCallback(
    (photoId, of) => {
      if (of !== undefined) sequence = of;
      const photo = { to: "/photos/$photoId", params: { photoId } } as const;
      void navigate({
        ...(isAlone
          ? photo
          : {
              to: ".",
              search: (before: Record<string, unknown>) => ({ ...before, photo: photoId }),
              mask: { ...photo, unmaskOnReload: true },
            }),
        replace: true,
        resetScroll: false,
      });
    },
    [navigate, isAlone],
  );
}
