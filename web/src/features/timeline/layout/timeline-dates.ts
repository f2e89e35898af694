/**
 * Dates of positions and positions of dates.
 *
 * In a loaded month a day has the top of its first section. In an estimated month of N days and
 * height h, day d starts at h × (N − d) / N, so that both directions agree for h ≥ N.
 */

import { daysInMonth, formatDate, parseDate } from "./calendar";
import { at, clamp, firstIndex, itemAt } from "./columns";
import { type MonthLayout, sectionCount } from "./month-layout";
import { indexOfMonth, monthAt, type Timeline, type TimelineMonth } from "./timeline";

/** Return the date `YYYY-MM-DD` at a virtual position; undefined for an empty timeline. */
export function dateAt(timeline: Timeline, position: number): string | undefined {
  if (timeline.months.length === 0) return undefined;
  const index = monthAt(timeline, position);
  const month = itemAt(timeline.months, index);
  const below = clamp(position - at(timeline.tops, index), 0, month.height - 1);
  return formatDate(month.month, dayAt(month, below));
}

/**
 * Return the virtual position where a date starts.
 *
 * A date without photos has the position of the next earlier one, and the timeline's end where
 * there is none. The latest day of a month starts at the month's top, which has the heading.
 */
export function positionOfDate(timeline: Timeline, date: string): number {
  const { month, day } = parseDate(date);
  const index = indexOfMonth(timeline, month);
  const exact = timeline.months[index];
  if (exact?.month !== month) return at(timeline.tops, index);
  const top = topOfDay(exact, day);
  return at(timeline.tops, index) + (top ?? exact.height);
}

/** Return the pixels below the month's top where a day or the next earlier one starts. */
export function topOfDay(month: TimelineMonth, day: number): number | undefined {
  if (month.kind === "estimated") {
    const days = daysInMonth(month.month);
    return Math.ceil((month.height * (days - clamp(day, 1, days))) / days);
  }
  const section = firstSectionOfDay(month.layout, day);
  if (section === sectionCount(month.layout)) return undefined;
  const top = at(month.layout.sectionTop, section);
  return top === at(month.layout.sectionTop, 0) ? 0 : top;
}

function dayAt(month: TimelineMonth, below: number): number {
  if (month.kind === "estimated") {
    const days = daysInMonth(month.month);
    return clamp(days - Math.floor((below * days) / month.height), 1, days);
  }
  const { layout } = month;
  const next = firstIndex(sectionCount(layout), (each) => at(layout.sectionTop, each) > below);
  const top = at(layout.sectionTop, Math.max(0, next - 1));
  // Of days side by side, the latest.
  const section = firstIndex(sectionCount(layout), (each) => at(layout.sectionTop, each) >= top);
  return at(layout.sectionDay, section);
}

function firstSectionOfDay(layout: MonthLayout, day: number): number {
  return firstIndex(sectionCount(layout), (section) => at(layout.sectionDay, section) <= day);
}
