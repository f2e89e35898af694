/**
 * Changes that are shown before the server has confirmed them, and until lists are read again.
 *
 * They lie over what lists have loaded, so that a list that is read meanwhile shows them too.
 */

import { useSyncExternalStore } from "react";

export type LibraryState = "library" | "trash" | "purged";

export interface PhotoChange {
  readonly libraryState?: LibraryState;
  readonly favorite?: boolean;
}

export type PendingChanges = ReadonlyMap<string, PhotoChange>;

/** What an event says of a photo. */
export interface PhotoState {
  readonly version: number;
  readonly trashed: boolean;
  readonly favorite: boolean;
}

let changes: PendingChanges = new Map();
/** Of the photos whose changes are confirmed. */
const versions = new Map<string, number>();
const listeners = new Set<() => void>();

function replace(next: PendingChanges): void {
  changes = next;
  for (const listener of listeners) listener();
}

/** Show a change of photos from now on. */
export function showChange(ids: Iterable<string>, change: PhotoChange): void {
  const next = new Map(changes);
  for (const id of ids) {
    next.set(id, { ...next.get(id), ...change });
    versions.delete(id);
  }
  replace(next);
}

/** Keep a change that the server has made, in this version of the photo. */
export function confirmChange(id: string, version: number | null | undefined): void {
  if (version != null) versions.set(id, version);
}

/** Show photos as lists have them, since the change has failed. */
export function dropChange(ids: Iterable<string>): void {
  const next = new Map(changes);
  for (const id of ids) {
    next.delete(id);
    versions.delete(id);
  }
  replace(next);
}

/** Drop a confirmed change that a later one, made elsewhere, has undone. */
export function applyEvent(id: string, state: PhotoState): void {
  const change = changes.get(id);
  const version = versions.get(id);
  if (change === undefined || version === undefined || state.version <= version) return;
  const agrees =
    (change.libraryState === undefined || (change.libraryState === "trash") === state.trashed) &&
    (change.favorite === undefined || change.favorite === state.favorite);
  if (!agrees) dropChange([id]);
}

/** Return whether a photo is to be shown in lists of the library, or of the trash. */
export function isShown(
  pending: PendingChanges,
  id: string,
  list: "library" | "trash" = "library",
): boolean {
  return (pending.get(id)?.libraryState ?? list) === list;
}

export function pendingChanges(): PendingChanges {
  return changes;
}

export function usePendingChanges(): PendingChanges {
  return useSyncExternalStore(subscribe, pendingChanges);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
