/** What is selected in the timeline, and the photo that a range starts from. */

import {
  countSelected,
  dayIds,
  EVERYTHING,
  extentOf,
  isSelected,
  type LoadedMonth,
  NOTHING,
  type PhotoSelection,
  type Timeline,
  togglePhoto,
  withDay,
  withRange,
} from "./layout";

/** The most that the API leaves out of a list. */
const MOST_EXCLUDED = 1_000;

interface PhotoKey {
  readonly month: string;
  readonly id: string;
}

export interface TimelineSelection {
  readonly photos: PhotoSelection;
  /** The photo clicked last, and what was selected before a range was made from it. */
  readonly origin: (PhotoKey & { readonly before: PhotoSelection }) | undefined;
}

export const NO_SELECTION: TimelineSelection = { photos: NOTHING, origin: undefined };
export const ALL_SELECTED: TimelineSelection = { photos: EVERYTHING, origin: undefined };

/** Return the selection with a photo selected, or not. */
export function toggled(selection: TimelineSelection, { month, id }: PhotoKey): TimelineSelection {
  const photos = togglePhoto(selection.photos, month, id);
  return { photos, origin: { month, id, before: photos } };
}

/**
 * Return the selection with the photos from the one clicked last to this one as that one is.
 *
 * A second range from the same photo takes the place of the first.
 */
export function extended(
  selection: TimelineSelection,
  timeline: Timeline,
  to: PhotoKey,
): TimelineSelection {
  const { origin } = selection;
  const one = origin && positionOf(timeline, origin);
  const other = positionOf(timeline, to);
  if (origin === undefined || one === undefined || other === undefined) {
    return toggled(selection, to);
  }
  const selected = isSelected(origin.before, origin.month, origin.id);
  return { photos: withRange(origin.before, timeline, one, other, selected), origin };
}

/** Return the selection with a day selected as a whole, or not at all where it was. */
export function withDayToggled(
  selection: TimelineSelection,
  month: LoadedMonth,
  section: number,
): TimelineSelection {
  const extent = extentOf(selection.photos, month.month, dayIds(month, section));
  const photos = withDay(selection.photos, month, section, extent !== "all");
  const id = dayIds(month, section)[0];
  const origin = id === undefined ? undefined : { month: month.month, id, before: photos };
  return { photos, origin };
}

export function countOf(selection: TimelineSelection, timeline: Timeline): number {
  return countSelected(selection.photos, timeline.months);
}

/**
 * Return the photos that are not selected where all others are, loaded or not; undefined where
 * whole months are not selected either, or too many.
 */
export function excludedIds({ inverted, groups }: PhotoSelection): readonly string[] | undefined {
  const entries = [...groups.values()];
  if (!inverted || entries.some((entry) => !entry.inverted)) return undefined;
  const excluded = entries.flatMap(({ ids }) => [...ids]);
  return excluded.length > MOST_EXCLUDED ? undefined : excluded;
}

function positionOf(timeline: Timeline, { month, id }: PhotoKey) {
  const loaded = timeline.months.find((each) => each.month === month);
  if (loaded?.kind !== "loaded") return undefined;
  const photo = loaded.photos.ids.indexOf(id);
  return photo < 0 ? undefined : { month, photo };
}
