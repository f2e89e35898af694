/** Reading a month whose photos come in pages. */

import { type MonthColumns, withPage } from "./month-columns";

/** Requests a page of a month; `undefined` is the first. */
export type GetPage = (cursor: string | undefined) => Promise<MonthColumns>;

const MOST_ATTEMPTS = 3;

/**
 * Return all photos of a month.
 *
 * Where the month changes between two of its pages, it is read again. The `version` of one that
 * changed every time is null: its photos are of more than one version.
 */
export async function loadMonth(getPage: GetPage): Promise<MonthColumns> {
  let columns = await loadPages(getPage);
  for (let attempt = 2; !columns.isConsistent && attempt <= MOST_ATTEMPTS; attempt += 1) {
    columns = await loadPages(getPage);
  }
  return columns.month;
}

async function loadPages(
  getPage: GetPage,
): Promise<{ readonly month: MonthColumns; readonly isConsistent: boolean }> {
  const first = await getPage(undefined);
  let month = first;
  while (month.next_cursor != null) {
    month = withPage(month, await getPage(month.next_cursor));
  }
  return { month, isConsistent: (month.version ?? null) === (first.version ?? null) };
}

/** Return `next`, or `previous` where both show the same, so that nothing is rendered anew. */
export function keepUnchanged(
  previous: MonthColumns | undefined,
  next: MonthColumns,
): MonthColumns {
  if (previous?.version == null || previous.version !== next.version) return next;
  // The URLs change in a month that does not.
  const templates = new Set(previous.thumbnail_templates);
  return next.thumbnail_templates.every((template) => templates.has(template)) ? previous : next;
}
