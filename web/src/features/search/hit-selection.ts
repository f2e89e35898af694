/** Selecting hits of a search, also those that are not loaded. */

import { api, unwrap } from "@/api/client";
import type { WholeSearch } from "@/features/photos/photo-jobs";
import type { ChosenPhotos } from "@/features/photos/use-chosen-photos";
import type { ListSelection } from "@/features/photos/use-list-selection";
import type { Photo } from "./reasons";
import { type SearchAddress, toApiQuery } from "./search-address";
import type { SearchPage } from "./search-queries";

/** Of a search, the best so many hits can be selected as a whole. */
export const MOST_SELECTED = 5_000;
const PAGE_SIZE = 500;

const tz = Intl.DateTimeFormat().resolvedOptions().timeZone;

interface Hits {
  readonly address: SearchAddress;
  /** Those that are loaded. */
  readonly photos: readonly Photo[];
  readonly total: number;
  readonly hasMore: boolean;
}

/** Return what is selected of the hits. */
export function chosenHits(
  { address, photos, total, hasMore }: Hits,
  { ids, excluded }: ListSelection,
): ChosenPhotos<WholeSearch> {
  const selected = photos.filter(({ id }) => ids.has(id));
  if (excluded === undefined || !hasMore) {
    return { photos: selected, whole: undefined, count: selected.length };
  }
  const most = Math.min(total, MOST_SELECTED);
  const count = Math.max(selected.length, most - excluded.size);
  const loadIds = () => loadHits(address, excluded);
  return { photos: selected, whole: { loadIds, count }, count };
}

/** Return the ids of the best hits of a search but some. */
async function loadHits(
  address: SearchAddress,
  excluded: ReadonlySet<string>,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ""; cursor !== null && ids.length < MOST_SELECTED; ) {
    const query = { ...toApiQuery(address), tz, limit: PAGE_SIZE, variants: "" };
    const page: SearchPage = await unwrap(
      api.GET("/api/v1/search", { params: { query: { ...query, ...(cursor && { cursor }) } } }),
    );
    ids.push(...page.items.map(({ photo }) => photo.id));
    cursor = page.next_cursor ?? null;
  }
  return ids.slice(0, MOST_SELECTED).filter((id) => !excluded.has(id));
}
