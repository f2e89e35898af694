/** Where a suggestion leads: places, tags, cameras and months are filters, the rest are words. */

import { filtersOf, hasValue, type SearchAddress, toggle, withWords } from "./search-address";
import type { Suggestion } from "./search-queries";

/** `address` has the filters to keep. */
export function suggestionAddress(
  { kind, text }: Pick<Suggestion, "kind" | "text">,
  address: SearchAddress,
): SearchAddress {
  const filters = filtersOf(address);
  if (kind === "month") return { ...filters, ...monthPeriod(text) };
  if (kind === "place" || kind === "tag" || kind === "camera") {
    return hasValue(filters, kind, text) ? filters : toggle(filters, kind, text);
  }
  return withWords(filters, text);
}

/** Return the first and the last day of `2024-05`. */
export function monthPeriod(month: string): { from: string; to: string } {
  const [year = 0, number = 0] = month.split("-").map(Number);
  const last = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return { from: `${month}-01`, to: `${month}-${last}` };
}
