/** Changes of a photo that are shown before the server has them. */

import type { components } from "@/api/schema";
import type { PhotoDetail } from "./photo-query";

type Tag = PhotoDetail["tags"][number];

/** The fields that are sent; those that are not stay as they are. */
export type PhotoChange = Partial<components["schemas"]["PhotoPatch"]>;

const OFFSET = /(?:Z|[+-]\d\d:\d\d)$/;

/** Return the photo as it will be once the server has the change. */
export function withChange(photo: PhotoDetail, change: PhotoChange): PhotoDetail {
  const { caption, favorite, rating, taken_at, tags_add = [], tags_remove = [] } = change;
  return {
    ...photo,
    ...(caption === undefined ? {} : { caption }),
    ...(favorite === undefined ? {} : { favorite }),
    ...(rating === undefined ? {} : { rating }),
    ...(taken_at == null ? {} : timeFields(taken_at, photo)),
    tags: withTags(photo.tags, tags_add, tags_remove),
  };
}

function timeFields(takenAt: string, photo: PhotoDetail): Partial<PhotoDetail> {
  const offset = OFFSET.exec(takenAt)?.[0];
  return {
    taken_at_local: takenAt.replace(OFFSET, ""),
    taken_at_offset: offset ?? photo.taken_at_offset ?? null,
  };
}

function withTags(tags: readonly Tag[], add: readonly string[], remove: readonly string[]): Tag[] {
  const gone = new Set([...add, ...remove].map(foldTag));
  const added = add.map((name): Tag => ({ name, source: "user", confidence: 1 }));
  return [...tags.filter(({ name }) => !gone.has(foldTag(name))), ...added];
}

/** Tags that differ in case alone are one. */
export function foldTag(name: string): string {
  return name.normalize("NFKC").trim().toLowerCase();
}

/**
 * Return whether somebody else changed the fields of a change meanwhile.
 *
 * Tags are added and removed one by one, so those of others stay.
 */
export function isConflict(change: PhotoChange, before: PhotoDetail, now: PhotoDetail): boolean {
  const wanted = withChange(now, change);
  return FIELDS.some(
    ([field, of]) =>
      change[field] !== undefined && of(now) !== of(before) && of(now) !== of(wanted),
  );
}

const FIELDS: readonly [keyof PhotoChange, (photo: PhotoDetail) => unknown][] = [
  ["caption", ({ caption }) => caption ?? null],
  ["favorite", ({ favorite }) => favorite],
  ["rating", ({ rating }) => rating ?? null],
  [
    "taken_at",
    ({ taken_at_local, taken_at_offset }) => `${taken_at_local}${taken_at_offset ?? ""}`,
  ],
];

/** The changes that are under way, in the order in which they were made. */
export class PendingChanges {
  readonly #changes = new Map<string, readonly PhotoChange[]>();
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Return the changes of a photo: the same list until there is another. */
  of(photoId: string): readonly PhotoChange[] {
    return this.#changes.get(photoId) ?? NONE;
  }

  add(photoId: string, change: PhotoChange): void {
    this.#keep(photoId, [...this.of(photoId), change]);
  }

  remove(photoId: string, change: PhotoChange): void {
    this.#keep(
      photoId,
      this.of(photoId).filter((each) => each !== change),
    );
  }

  #keep(photoId: string, changes: readonly PhotoChange[]): void {
    if (changes.length === 0) this.#changes.delete(photoId);
    else this.#changes.set(photoId, changes);
    for (const listener of this.#listeners) listener();
  }
}

const NONE: readonly PhotoChange[] = [];
