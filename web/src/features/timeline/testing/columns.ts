/** Months for tests. */

import type { MonthColumns } from "../month-columns";

/** Return a month of ready photos whose names are their ids. */
export function columnsOf(
  month: string,
  version: string | null,
  ids: readonly string[],
): MonthColumns {
  const nulls = ids.map(() => null);
  return {
    month,
    count: ids.length,
    version,
    next_cursor: null,
    id: [...ids],
    name: [...ids],
    status: ids.map(() => "ready" as const),
    aspect_ratio: nulls,
    blurhash: nulls,
    second: ids.map(() => 0),
    offset: nulls,
    favorite: ids.map(() => false),
    duration: nulls,
    thumbnail_templates: [],
    thumbnail_template: nulls,
    thumbnail_key: nulls,
    thumbnail_signature: nulls,
  };
}
