/**
 * Groups of which a person kept all photos, in this browser: they are not shown again.
 *
 * The API has no such mark. A group with another photo is another group.
 */

import type { DuplicateGroup } from "./review";

const KEY = "pichaven.kept-duplicates";
const MOST = 2_000;

export function readKept(): ReadonlySet<string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return new Set(Array.isArray(kept) ? kept.filter((each) => typeof each === "string") : []);
  } catch {
    return new Set();
  }
}

export function rememberKept(group: DuplicateGroup): void {
  write([...readKept(), nameOf(group)]);
}

export function forgetKept(group: DuplicateGroup): void {
  const name = nameOf(group);
  write([...readKept()].filter((each) => each !== name));
}

export function forgetAllKept(): void {
  write([]);
}

export function isKept(group: DuplicateGroup, kept: ReadonlySet<string>): boolean {
  return kept.has(nameOf(group));
}

function write(names: readonly string[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify([...new Set(names)].slice(-MOST)));
  } catch {
    // Without storage the group is shown again next time.
  }
}

/** Return a short name of a group: it differs when the group has other photos. */
function nameOf({ id, photos }: DuplicateGroup): string {
  let hash = 0;
  for (const character of photos
    .map((photo) => photo.id)
    .sort()
    .join()) {
    hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  }
  return `${id}:${hash.toString(36)}`;
}
