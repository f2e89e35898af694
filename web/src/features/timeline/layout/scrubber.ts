/**
 * The scrubber: a track beside the timeline, with a thumb, years and months.
 *
 * With the track's height T and the last position P, the thumb is at T × position / P. The date
 * under it is the one at the focus of the view: the viewport's top, and in the last viewport's
 * height of scrolling on to its bottom, so that every date can be reached though the last ones
 * never come to the top:
 *
 *     focus(position) = position                    for position ≤ P − H
 *                       2 × position − (P − H)      above it, for P ≥ H
 *                       position × V / P            everywhere, for P < H
 *
 * It is continuous and ascending from 0 to V, hence the same both ways.
 */

import { parseMonth } from "./calendar";
import { at, clamp } from "./columns";
import type { Timeline } from "./timeline";
import { dateAt, positionOfDate } from "./timeline-dates";

/** Pixels; the content is the timeline's, at the time. */
export interface ScrubberTrack {
  readonly height: number;
  readonly contentHeight: number;
  readonly viewportHeight: number;
}

export interface ScrubberMark {
  /** A year has a label, a month a tick. */
  readonly kind: "year" | "month";
  /** `YYYY-MM`: the latest month of a year for a year's mark. */
  readonly month: string;
  /** Pixels below the track's top. */
  readonly top: number;
}

/** The least distance between tops of marks, in pixels. */
export interface MarkDistances {
  /** Between labels of years. */
  readonly year: number;
  /** Between ticks, and from a tick to a label. */
  readonly month: number;
}

const MARK_DISTANCES: MarkDistances = { year: 24, month: 8 };

/** Return how far below the track's top the thumb is at a scroll position. */
export function thumbTop(track: ScrubberTrack, position: number): number {
  const last = lastPositionOf(track);
  return last === 0 ? 0 : (clamp(position, 0, last) / last) * track.height;
}

/** Return the scroll position, in whole pixels, for a thumb that is dragged to `top`. */
export function positionAtThumb(track: ScrubberTrack, top: number): number {
  return Math.round(exactPosition(track, top));
}

/** Return the date under a thumb at `top`; undefined for an empty timeline. */
export function dateAtThumb(
  timeline: Timeline,
  track: ScrubberTrack,
  top: number,
): string | undefined {
  // Tops are whole pixels, so rounding takes away what floating point adds.
  return dateAt(timeline, Math.round(focusOf(track, exactPosition(track, top))));
}

/** Return where the thumb is for a date. */
export function thumbTopOfDate(timeline: Timeline, track: ScrubberTrack, date: string): number {
  return thumbTop(track, positionOfFocus(track, positionOfDate(timeline, date)));
}

/** Return the focus of a view: what the thumb's label speaks of. */
export function focusOf(track: ScrubberTrack, position: number): number {
  const { contentHeight, viewportHeight } = track;
  const last = lastPositionOf(track);
  if (last === 0) return 0;
  if (last < viewportHeight) return position * (contentHeight / last);
  const turn = last - viewportHeight;
  return position <= turn ? position : 2 * position - turn;
}

/** Return the scroll position whose focus is at a virtual position. */
export function positionOfFocus(track: ScrubberTrack, focus: number): number {
  const { contentHeight, viewportHeight } = track;
  const last = lastPositionOf(track);
  if (last === 0) return 0;
  if (last < viewportHeight) return focus * (last / contentHeight);
  const turn = last - viewportHeight;
  return focus <= turn ? focus : (focus + turn) / 2;
}

/**
 * Return the marks from top to bottom, none nearer to another than `distances` say.
 *
 * Years come first, from the latest on, each that is far enough from the one before; months
 * fill what is left.
 */
export function scrubberMarks(
  timeline: Timeline,
  track: ScrubberTrack,
  distances: MarkDistances = MARK_DISTANCES,
): readonly ScrubberMark[] {
  const all = timeline.months.map(({ month }, index): ScrubberMark => {
    const top = thumbTop(track, positionOfFocus(track, at(timeline.tops, index)));
    const later = timeline.months[index - 1]?.month;
    const sameYear = later !== undefined && parseMonth(later).year === parseMonth(month).year;
    return { kind: sameYear ? "month" : "year", month, top };
  });
  const years: ScrubberMark[] = [];
  for (const mark of all) {
    const above = years.at(-1)?.top ?? -Infinity;
    if (mark.kind === "year" && mark.top - above >= distances.year) years.push(mark);
  }
  const marks: ScrubberMark[] = [];
  let nextYear = 0;
  for (const mark of all) {
    if (mark === years[nextYear]) {
      marks.push(mark);
      nextYear++;
      continue;
    }
    const above = marks.at(-1)?.top ?? -Infinity;
    const below = years[nextYear]?.top ?? Infinity;
    const free = mark.top - above >= distances.month && below - mark.top >= distances.month;
    if (mark.kind === "month" && free) marks.push(mark);
  }
  return marks;
}

function lastPositionOf(track: ScrubberTrack): number {
  return Math.max(0, track.contentHeight - track.viewportHeight);
}

function exactPosition(track: ScrubberTrack, top: number): number {
  if (track.height <= 0) return 0;
  return (clamp(top, 0, track.height) / track.height) * lastPositionOf(track);
}
