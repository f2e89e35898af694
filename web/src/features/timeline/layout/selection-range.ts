/** Ranges of a selection by the order of the timeline: shift, drag, a day. */

import { dayPhotos } from "./month-layout";
import { type PhotoSelection, withGroups, withPhotos } from "./selection";
import type { LoadedMonth, PhotoPosition, Timeline } from "./timeline";
import { indexOfMonth, loadedMonth } from "./timeline";

/**
 * Return the selection with the photos from one to another, both included, selected or not.
 *
 * The order of the two does not matter. Months between them need not be loaded. The months of
 * the two must be; throws `RangeError` otherwise.
 */
export function withRange(
  selection: PhotoSelection,
  timeline: Timeline,
  one: PhotoPosition,
  other: PhotoPosition,
  selected: boolean,
): PhotoSelection {
  const [first, last] = precedes(one, other) ? [one, other] : [other, one];
  const firstMonth = loadedMonth(timeline, first.month);
  const lastMonth = loadedMonth(timeline, last.month);
  if (first.month === last.month) {
    const ids = firstMonth.photos.ids.slice(first.photo, last.photo + 1);
    return withPhotos(selection, first.month, ids, selected);
  }
  const head = firstMonth.photos.ids.slice(first.photo);
  const tail = lastMonth.photos.ids.slice(0, last.photo + 1);
  const between = timeline.months
    .slice(indexOfMonth(timeline, first.month) + 1, indexOfMonth(timeline, last.month))
    .map((each) => each.month);
  const withHead = withPhotos(selection, first.month, head, selected);
  const withBetween = withGroups(withHead, between, selected);
  return withPhotos(withBetween, last.month, tail, selected);
}

/** Return the selection with the day of a section of a loaded month selected, or not. */
export function withDay(
  selection: PhotoSelection,
  month: LoadedMonth,
  section: number,
  selected: boolean,
): PhotoSelection {
  return withPhotos(selection, month.month, dayIds(month, section), selected);
}

/** Return the ids of the day that a section belongs to. */
export function dayIds(month: LoadedMonth, section: number): readonly string[] {
  const { first, end } = dayPhotos(month.layout, section);
  return month.photos.ids.slice(first, end);
}

function precedes(one: PhotoPosition, other: PhotoPosition): boolean {
  // The latest month comes first.
  return one.month === other.month ? one.photo <= other.photo : one.month > other.month;
}
