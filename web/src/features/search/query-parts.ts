/** The parts of a query that the API understood as more than words. */

import type { components } from "@/api/schema";

export type QueryPart = components["schemas"]["QueryPart"];

/** Return the query without a part. Positions are code points, as the API counts them. */
export function withoutPart(q: string, part: Pick<QueryPart, "start" | "end">): string {
  const points = [...q];
  const left = points.slice(0, part.start).join("").trimEnd();
  const right = points.slice(part.end).join("").trimStart();
  return `${left} ${right}`.trim();
}

const DAY_MS = 86_400_000;

/**
 * Return a period as the API writes it for people: `2024-05-01/2024-05-31` is May 2024, `--05` May,
 * and a day the day.
 */
export function formatPeriod(value: string, language: string): string {
  const month = /^--(\d\d)$/.exec(value);
  if (month) return format(`2024-${month[1]}-01`, language, { month: "long" });
  const [first = "", last = first] = value.split("/");
  const [start, end] = [toDate(first), toDate(last)];
  if (start === null || end === null) return value;
  const past = new Date(end.getTime() + DAY_MS);
  if (start.getUTCDate() === 1 && past.getUTCDate() === 1) {
    const months =
      (past.getUTCFullYear() - start.getUTCFullYear()) * 12 +
      past.getUTCMonth() -
      start.getUTCMonth();
    if (months === 1) return format(first, language, { month: "long", year: "numeric" });
    if (months % 12 === 0 && start.getUTCMonth() === 0) {
      const years = [start, end].map((each) => each.getUTCFullYear());
      return [...new Set(years)].join("–");
    }
  }
  return formatter(language, { dateStyle: "medium" }).formatRange(start, end);
}

/** Return a day, or a time, for people; what is neither as it is. */
export function formatDay(value: string, language: string): string {
  const date = toDate(value.slice(0, 10));
  return date === null ? value : formatter(language, { dateStyle: "medium" }).format(date);
}

function format(day: string, language: string, options: Intl.DateTimeFormatOptions): string {
  const date = toDate(day);
  return date === null ? day : formatter(language, options).format(date);
}

function formatter(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" });
}

function toDate(day: string): Date | null {
  const date = new Date(`${day}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(date.getTime()) ? date : null;
}
