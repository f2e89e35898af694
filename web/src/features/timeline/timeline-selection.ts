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

function positionOf(timeline: Timeline, { month, id }: PhotoKey) {
  const loaded = timeline.months.find((each) => each.month === month);
  if (loaded?.kind !== "loaded") return undefined;
  const photo = loaded.photos.ids.indexOf(id);
  return photo < 0 ? undefined : { month, photo };
}
