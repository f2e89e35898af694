/** What is selected of a list, with what is not loaded of it. */

import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { Photo } from "./photo-grid";
import type { WholeList } from "./photo-jobs";
import { PHOTO_LISTS } from "./refresh-lists";
import type { ListSelection } from "./use-list-selection";

export interface ChosenPhotos<Whole = WholeList> {
  /** Those that are loaded. */
  readonly photos: readonly Photo[];
  /** Where photos are selected that are not loaded: all that are, by their list. */
  readonly whole: Whole | undefined;
  readonly count: number;
}

export function useChosenPhotos(
  photos: readonly Photo[],
  { ids, excluded }: ListSelection,
  query: WholeList["query"],
  hasMore: boolean,
): ChosenPhotos {
  const isBeyond = excluded !== undefined && hasMore;
  const { data } = useQuery({
    queryKey: [...PHOTO_LISTS, "count", query],
    queryFn: ({ signal }) => unwrap(api.GET("/api/v1/photos/count", { params: { query }, signal })),
    enabled: isBeyond,
  });
  const selected = photos.filter(({ id }) => ids.has(id));
  if (!isBeyond) return { photos: selected, whole: undefined, count: selected.length };
  // Before the answer, at least those that are loaded.
  const count = Math.max(selected.length, (data?.count ?? 0) - excluded.size);
  return { photos: selected, whole: { query, excluded: [...excluded], count }, count };
}
