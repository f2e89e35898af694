/**
 * Which photos are selected, whether they are loaded or not.
 *
 * A selection is an inverted set at two levels: of all photos, and of each group (a month of
 * the timeline, or the one group of a list of hits). "Select all" is thus all results but none,
 * and a range over months that are not loaded costs nothing. A group without an entry is as
 * `inverted` says. Values are immutable.
 */

export interface GroupSelection {
  /** Whether the photos of `ids` are those that are not selected. */
  readonly inverted: boolean;
  readonly ids: ReadonlySet<string>;
}

export interface PhotoSelection {
  /** Whether groups without an entry are selected as a whole. */
  readonly inverted: boolean;
  readonly groups: ReadonlyMap<string, GroupSelection>;
}

/** A group and how many photos it has: the timeline's months are some. */
export interface GroupCount {
  readonly month: string;
  readonly count: number;
}

export type Extent = "none" | "some" | "all";

const NO_IDS: ReadonlySet<string> = new Set();

export const NOTHING: PhotoSelection = { inverted: false, groups: new Map() };
export const EVERYTHING: PhotoSelection = { inverted: true, groups: new Map() };

export function isSelected(selection: PhotoSelection, group: string, id: string): boolean {
  const entry = groupOf(selection, group);
  return entry.inverted !== entry.ids.has(id);
}

/** Return the selection with photos of a group selected, or not. */
export function withPhotos(
  selection: PhotoSelection,
  group: string,
  ids: Iterable<string>,
  selected: boolean,
): PhotoSelection {
  const entry = groupOf(selection, group);
  const listed = new Set(entry.ids);
  for (const id of ids) {
    if (selected === entry.inverted) listed.delete(id);
    else listed.add(id);
  }
  return withEntry(selection, group, { inverted: entry.inverted, ids: listed });
}

/** Return the selection with the photo selected if it was not, and the other way round. */
export function togglePhoto(selection: PhotoSelection, group: string, id: string): PhotoSelection {
  return withPhotos(selection, group, [id], !isSelected(selection, group, id));
}

/** Return the selection with a whole group selected, or not. */
export function withGroup(
  selection: PhotoSelection,
  group: string,
  selected: boolean,
): PhotoSelection {
  return withGroups(selection, [group], selected);
}

/** Return the selection with whole groups selected, or not. */
export function withGroups(
  selection: PhotoSelection,
  groups: Iterable<string>,
  selected: boolean,
): PhotoSelection {
  const entries = new Map(selection.groups);
  const whole = { inverted: selected, ids: NO_IDS };
  for (const group of groups) setEntry(selection, entries, group, whole);
  return { inverted: selection.inverted, groups: entries };
}

/** Return the selection of all that is not selected. */
export function invertSelection(selection: PhotoSelection): PhotoSelection {
  const groups = new Map<string, GroupSelection>();
  for (const [group, { inverted, ids }] of selection.groups) {
    groups.set(group, { inverted: !inverted, ids });
  }
  return { inverted: !selection.inverted, groups };
}

/**
 * Return how many photos are selected.
 *
 * `groups` are all there are, with their counts. Ids listed are taken to exist; see
 * `withoutMissing`.
 */
export function countSelected(selection: PhotoSelection, groups: Iterable<GroupCount>): number {
  let total = 0;
  for (const { month, count } of groups) {
    const { inverted, ids } = groupOf(selection, month);
    total += inverted ? Math.max(0, count - ids.size) : ids.size;
  }
  return total;
}

/** Return how much of some photos of a group, such as a day, is selected. */
export function extentOf(selection: PhotoSelection, group: string, ids: Iterable<string>): Extent {
  let selected = false;
  let unselected = false;
  for (const id of ids) {
    if (isSelected(selection, group, id)) selected = true;
    else unselected = true;
    if (selected && unselected) return "some";
  }
  return selected ? "all" : "none";
}

/** Return the selection without ids that a group no longer has, after it was loaded anew. */
export function withoutMissing(
  selection: PhotoSelection,
  group: string,
  ids: Iterable<string>,
): PhotoSelection {
  const entry = selection.groups.get(group);
  if (entry === undefined) return selection;
  const existing = new Set(ids);
  const listed = new Set([...entry.ids].filter((id) => existing.has(id)));
  return withEntry(selection, group, { inverted: entry.inverted, ids: listed });
}

/** Return what is selected of a group: those of `ids`, or all but them. */
export function groupOf(selection: PhotoSelection, group: string): GroupSelection {
  return selection.groups.get(group) ?? { inverted: selection.inverted, ids: NO_IDS };
}

function withEntry(
  selection: PhotoSelection,
  group: string,
  entry: GroupSelection,
): PhotoSelection {
  const groups = new Map(selection.groups);
  setEntry(selection, groups, group, entry);
  return { inverted: selection.inverted, groups };
}

/** Leave out an entry that says what its absence says. */
function setEntry(
  selection: PhotoSelection,
  entries: Map<string, GroupSelection>,
  group: string,
  entry: GroupSelection,
): void {
  if (entry.ids.size === 0 && entry.inverted === selection.inverted) entries.delete(group);
  else entries.set(group, entry);
}
