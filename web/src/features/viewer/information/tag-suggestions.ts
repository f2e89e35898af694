/** Tags that the owner's library has, for the tag that is being written. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { foldTag } from "../pending-changes";

/** The most that the API takes: places, cameras and captions are among them too. */
const ASKED_FOR = 50;
const MOST_SHOWN = 6;

/** The names of tags that begin as the last of those that are written, without those in `tags`. */
export const tagSuggestionsQuery = (text: string, tags: readonly string[]) => {
  const q = lastTag(text);
  return queryOptions({
    queryKey: ["tag-suggestions", q],
    queryFn: async ({ signal }) => {
      const query = { q, limit: ASKED_FOR };
      const { items } = await unwrap(
        api.GET("/api/v1/search/suggest", { params: { query }, signal }),
      );
      return items.filter(({ kind }) => kind === "tag").map(({ text: name }) => name);
    },
    select: (names) => unusedTags(names, tags),
    enabled: q !== "",
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    retry: false,
  });
};

/** Return the tags that a photo does not have yet, the first few. */
export function unusedTags(names: readonly string[], tags: readonly string[]): readonly string[] {
  const has = new Set(tags.map(foldTag));
  return names.filter((name) => !has.has(foldTag(name))).slice(0, MOST_SHOWN);
}

/** Return the tag after the last comma. */
export function lastTag(text: string): string {
  return text.slice(text.lastIndexOf(",") + 1).trim();
}

/** Return the tags that are written, the last one completed. */
export function withTag(text: string, name: string): readonly string[] {
  const before = text.slice(0, text.lastIndexOf(",") + 1);
  return [...before.split(","), name].map((each) => each.trim()).filter((each) => each !== "");
}
