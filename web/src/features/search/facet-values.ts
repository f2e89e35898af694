/** The values that a facet offers as filters. */

import type { ColorName } from "./names";
import { isColorName } from "./names";
import { hasValue, type ListName, type SearchAddress } from "./search-address";
import type { Facets, FacetValue } from "./search-queries";

export interface Choice {
  readonly value: string;
  /** Null where none of the results has it: it is a filter nevertheless. */
  readonly count: number | null;
}

const NAMES: Record<Exclude<ListName, "color">, readonly string[]> = {
  place: ["cities", "countries"],
  tag: ["tags"],
  camera: ["cameras"],
  type: ["types"],
  orientation: ["orientations"],
};

/** Return the values of a filter, those that are chosen first, then the most frequent. */
export function choicesOf(
  facets: Facets | null | undefined,
  name: Exclude<ListName, "color">,
  address: SearchAddress,
): Choice[] {
  const counts = new Map<string, FacetValue>();
  for (const each of NAMES[name].flatMap((facet) => facets?.[facet] ?? [])) {
    // A city may be called like its country.
    const key = each.value.toLowerCase();
    if ((counts.get(key)?.count ?? 0) < each.count) counts.set(key, each);
  }
  const choices: Choice[] = [...counts.values()].sort((a, b) => b.count - a.count);
  const chosen = (address[name] ?? []).map(
    (value) => counts.get(value.toLowerCase()) ?? { value, count: null },
  );
  return [...chosen, ...choices.filter(({ value }) => !hasValue(address, name, value))];
}

/** Return the years of the months, the latest first. */
export function yearsOf(facets: Facets | null | undefined): FacetValue[] {
  const counts = new Map<string, number>();
  for (const { value, count } of facets?.months ?? []) {
    const year = value.slice(0, 4);
    counts.set(year, (counts.get(year) ?? 0) + count);
  }
  return [...counts].map(([value, count]) => ({ value, count }));
}

export function yearPeriod(year: string): { from: string; to: string } {
  return { from: `${year}-01-01`, to: `${year}-12-31` };
}

/** Return how many results have each colour. */
export function colorCounts(facets: Facets | null | undefined): Map<ColorName, number> {
  const counts = new Map<ColorName, number>();
  for (const { value, count } of facets?.colors ?? []) {
    if (isColorName(value)) counts.set(value, count);
  }
  return counts;
}
