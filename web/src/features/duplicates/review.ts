/** Reviewing groups of duplicates one after another: what is kept, decided, undone. */

import type { components } from "@/api/schema";

export type DuplicateGroup = components["schemas"]["DuplicateGroup"];
export type Tier = components["schemas"]["Tier"];

export interface Decision {
  readonly groupId: string;
  readonly trashed: readonly string[];
}

export interface Review {
  readonly position: number;
  /** The photos of the group at hand that are to be kept. */
  readonly kept: ReadonlySet<string>;
  /** The latest last. */
  readonly decisions: readonly Decision[];
}

export type Command =
  | { readonly type: "confirm" | "keepAll" | "next" | "previous" | "undo" }
  /** Keep this photo alone, or with `also` besides the others that are kept. */
  | { readonly type: "keep"; readonly index: number; readonly also: boolean };

/** Return the review of a group with what was decided of it chosen, else with its suggestion. */
export function startAt(
  position: number,
  groups: readonly DuplicateGroup[],
  decisions: readonly Decision[] = [],
): Review {
  const group = groups[position];
  if (group === undefined) return { position, kept: new Set(), decisions };
  const decided = decisions.find(({ groupId }) => groupId === group.id);
  const kept = decided ? keptOf(group, decided) : new Set([group.keeper]);
  return { position, kept, decisions };
}

function keptOf(group: DuplicateGroup, { trashed }: Decision): Set<string> {
  return new Set(group.photos.map(({ id }) => id).filter((id) => !trashed.includes(id)));
}

export function withKeeperFirst(group: DuplicateGroup): DuplicateGroup {
  const isKeeper = ({ id }: { readonly id: string }) => id === group.keeper;
  const others = group.photos.filter((photo) => !isKeeper(photo));
  return { ...group, photos: [...group.photos.filter(isKeeper), ...others] };
}

/** Return what of a group is put into the trash: all that is not kept. */
export function trashedOf(group: DuplicateGroup, kept: ReadonlySet<string>): string[] {
  return group.photos.map(({ id }) => id).filter((id) => !kept.has(id));
}

/** Return the review after a command; it is the same one where the command does nothing. */
export function advance(
  review: Review,
  groups: readonly DuplicateGroup[],
  command: Command,
): Review {
  const { position, decisions } = review;
  const group = groups[position];
  if (command.type === "undo") return undo(review, groups);
  if (command.type === "previous") {
    return position === 0 ? review : startAt(position - 1, groups, decisions);
  }
  if (group === undefined) return review;
  switch (command.type) {
    case "next":
      return startAt(position + 1, groups, decisions);
    case "keep":
      return { ...review, kept: keep(group, review.kept, command) };
    case "keepAll":
      return decide(review, groups, { groupId: group.id, trashed: [] });
    case "confirm":
      return decide(review, groups, {
        groupId: group.id,
        trashed: trashedOf(group, review.kept),
      });
  }
}

function decide(review: Review, groups: readonly DuplicateGroup[], decision: Decision): Review {
  const others = review.decisions.filter(({ groupId }) => groupId !== decision.groupId);
  return startAt(review.position + 1, groups, [...others, decision]);
}

function undo(review: Review, groups: readonly DuplicateGroup[]): Review {
  const last = review.decisions.at(-1);
  if (last === undefined) return review;
  return withdraw(review, groups, last.groupId);
}

/**
 * Return the review without a decision, at the group that it was about. `earlier` is what had been
 * decided of the group before, where that holds again.
 */
export function withdraw(
  review: Review,
  groups: readonly DuplicateGroup[],
  groupId: string,
  earlier?: Decision,
): Review {
  const position = groups.findIndex(({ id }) => id === groupId);
  const decision = review.decisions.find((each) => each.groupId === groupId);
  const group = groups[position];
  if (decision === undefined || group === undefined) return review;
  const others = review.decisions.filter((each) => each !== decision);
  return {
    position,
    kept: keptOf(group, decision),
    decisions: earlier ? [...others, earlier] : others,
  };
}

/** Return what leaves the trash and what goes into it when one decision replaces another. */
export function changesOf(
  { trashed }: Decision,
  earlier: Decision | undefined,
): { readonly restore: string[]; readonly trash: string[] } {
  const before = earlier?.trashed ?? [];
  return {
    restore: before.filter((id) => !trashed.includes(id)),
    trash: trashed.filter((id) => !before.includes(id)),
  };
}

/** At least one photo of a group is kept: the last one cannot be taken out. */
function keep(
  group: DuplicateGroup,
  kept: ReadonlySet<string>,
  { index, also }: { readonly index: number; readonly also: boolean },
): ReadonlySet<string> {
  const id = group.photos[index]?.id;
  if (id === undefined) return kept;
  if (!also) return new Set([id]);
  if (!kept.has(id)) return new Set([...kept, id]);
  return kept.size === 1 ? kept : new Set([...kept].filter((each) => each !== id));
}

interface Key {
  readonly key: string;
  readonly code: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** Return what a key does, undefined for one that does nothing here. */
export function commandOf(pressed: Key, isRightToLeft: boolean): Command | undefined {
  const { key, code, shiftKey, altKey } = pressed;
  // By place too, since not every keyboard has Latin letters.
  const isUndo = key.toLowerCase() === "z";
  if (pressed.ctrlKey || pressed.metaKey) {
    return isUndo && !altKey && !shiftKey ? { type: "undo" } : undefined;
  }
  if (altKey) return undefined;
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1];
  if (digit !== undefined) return { type: "keep", index: Number(digit) - 1, also: shiftKey };
  if (isUndo) return { type: "undo" };
  if (key.toLowerCase() === "a" || code === "KeyA") return { type: "keepAll" };
  return KEYS[isRightToLeft ? "rtl" : "ltr"][key];
}

const CONFIRM: Command = { type: "confirm" };
const NEXT: Command = { type: "next" };
const PREVIOUS: Command = { type: "previous" };
const KEYS: Record<"ltr" | "rtl", Record<string, Command>> = {
  ltr: { Enter: CONFIRM, ArrowRight: NEXT, ArrowLeft: PREVIOUS },
  rtl: { Enter: CONFIRM, ArrowRight: PREVIOUS, ArrowLeft: NEXT },
};
