/** Opens the viewer over a list; the list stays mounted, with its scroll position. */

import { useNavigate } from "@tanstack/react-router";
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
}

/** The `subscribe` of a sequence that never changes. */
const NEVER = () => () => undefined;

const NO_SEQUENCE: PhotoSequence = {
  next: () => null,
  previous: () => null,
  subscribe: NEVER,
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
