/** From photo to photo by keyboard, and where a photo is. */

import { at, clamp, firstIndex } from "./columns";
import { type MonthLayout, rowCount, rowOfPhoto } from "./month-layout";
import { indexOfMonth, loadedMonth, type PhotoPosition, type Timeline } from "./timeline";

export type Direction = "previous" | "next" | "up" | "down" | "rowStart" | "rowEnd";

/** A month that has to be loaded first; its first or last photo is where the focus goes. */
export interface UnloadedNeighbour {
  readonly month: string;
  readonly edge: "first" | "last";
}

/** Pixels; `top` is virtual, `left` is from the container's start edge. */
export interface PhotoBox {
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

/** Return where a photo of a loaded month is. */
export function photoBox(timeline: Timeline, { month, photo }: PhotoPosition): PhotoBox {
  const { layout } = loadedMonth(timeline, month);
  const row = rowOfPhoto(layout, photo);
  return {
    top: at(timeline.tops, indexOfMonth(timeline, month)) + at(layout.rowTop, row),
    left: at(layout.photoLeft, photo),
    width: at(layout.photoWidth, photo),
    height: at(layout.rowHeight, row),
  };
}

/**
 * Return the scroll position nearest to the present one that shows a box as a whole.
 *
 * A box higher than the viewport is shown from its top. `margin` is kept free above and below
 * where there is room, for what covers the view's edges; it may be beyond the content.
 */
export function positionToShow(
  box: Pick<PhotoBox, "top" | "height">,
  position: number,
  viewportHeight: number,
  margin = 0,
): number {
  const highest = box.top + box.height + margin - viewportHeight;
  const lowest = box.top - margin;
  return highest > lowest ? lowest : clamp(position, highest, lowest);
}

/**
 * Return the photo that an arrow key leads to; undefined at the ends of the timeline.
 *
 * Up and down lead to the photo of the next row, whose middle is nearest; rows of days side by
 * side are one row.
 */
export function neighbour(
  timeline: Timeline,
  from: PhotoPosition,
  direction: Direction,
): PhotoPosition | UnloadedNeighbour | undefined {
  const { layout, count } = loadedMonth(timeline, from.month);
  const row = rowOfPhoto(layout, from.photo);
  switch (direction) {
    case "rowStart":
      return { month: from.month, photo: at(layout.rowPhoto, firstOfBand(layout, row)) };
    case "rowEnd":
      return { month: from.month, photo: at(layout.rowPhoto, endOfBand(layout, row)) - 1 };
    case "previous":
      if (from.photo > 0) return { month: from.month, photo: from.photo - 1 };
      return photoOfMonthBeside(timeline, from.month, -1, (_, length) => length - 1);
    case "next":
      if (from.photo + 1 < count) return { month: from.month, photo: from.photo + 1 };
      return photoOfMonthBeside(timeline, from.month, 1, () => 0);
    case "up": {
      const middle = middleOf(layout, from.photo);
      const first = firstOfBand(layout, row);
      if (first > 0) return { month: from.month, photo: nearest(layout, first - 1, middle) };
      return photoOfMonthBeside(timeline, from.month, -1, (other) =>
        nearest(other, rowCount(other) - 1, middle),
      );
    }
    case "down": {
      const middle = middleOf(layout, from.photo);
      const end = endOfBand(layout, row);
      if (end < rowCount(layout)) {
        return { month: from.month, photo: nearest(layout, end, middle) };
      }
      return photoOfMonthBeside(timeline, from.month, 1, (other) => nearest(other, 0, middle));
    }
  }
}

/** The photo that `choose` takes of the month before (−1) or after (1), if it is loaded. */
function photoOfMonthBeside(
  timeline: Timeline,
  from: string,
  step: -1 | 1,
  choose: (layout: MonthLayout, length: number) => number,
): PhotoPosition | UnloadedNeighbour | undefined {
  const month = timeline.months[indexOfMonth(timeline, from) + step];
  if (month === undefined) return undefined;
  if (month.kind === "estimated") {
    return { month: month.month, edge: step === 1 ? "first" : "last" };
  }
  return { month: month.month, photo: choose(month.layout, month.count) };
}

function firstOfBand(layout: MonthLayout, row: number): number {
  const top = at(layout.rowTop, row);
  return firstIndex(rowCount(layout), (each) => at(layout.rowTop, each) >= top);
}

function endOfBand(layout: MonthLayout, row: number): number {
  const top = at(layout.rowTop, row);
  return firstIndex(rowCount(layout), (each) => at(layout.rowTop, each) > top);
}

function middleOf(layout: MonthLayout, photo: number): number {
  return at(layout.photoLeft, photo) + at(layout.photoWidth, photo) / 2;
}

/** The photo of a row's band whose middle is nearest. */
function nearest(layout: MonthLayout, row: number, middle: number): number {
  const first = at(layout.rowPhoto, firstOfBand(layout, row));
  const end = at(layout.rowPhoto, endOfBand(layout, row));
  let best = first;
  for (let photo = first + 1; photo < end; photo++) {
    const distance = Math.abs(middleOf(layout, photo) - middle);
    if (distance < Math.abs(middleOf(layout, best) - middle)) best = photo;
  }
  return best;
}
