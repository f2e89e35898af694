/** Deleting photos of the trash for good. */

import type { TFunction } from "i18next";
import { api, unwrap } from "@/api/client";
import { ProblemError } from "@/api/problem";
import type { components, paths } from "@/api/schema";
import { toSentence } from "@/app/i18n/problem-words";
import { inTurn } from "@/features/photos/in-turn";
import { dropChange, showChange } from "@/features/photos/pending-changes";
import { refreshLists } from "@/features/photos/refresh-lists";
import { showToast } from "@/ui/toasts";

type TrashPage = components["schemas"]["TrashPage"];
type TrashQuery = NonNullable<paths["/api/v1/trash"]["get"]["parameters"]["query"]>;

const AT_ONCE = 4;
const NOT_FOUND = 404;
const MOST_IN_PAGE = 500;

/** Delete photos of the trash, a few at a time, since the API takes one in a request. */
export async function purgePhotos(ids: readonly string[], t: TFunction): Promise<void> {
  showChange(ids, { libraryState: "purged" });
  const left = [...ids];
  const failed: string[] = [];
  let error: unknown;
  const work = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      try {
        await purge(id);
      } catch (cause) {
        error = cause;
        failed.push(id);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  dropChange(failed);
  const count = ids.length - failed.length;
  if (count > 0) showToast(t("trash.deleted", { count }));
  if (failed.length > 0) {
    const reason = toSentence(error, t);
    showToast(t("photos.failedBecause", { count: failed.length, reason }));
  }
  await refreshLists();
}

/** Delete all of the trash but some for good, what is not loaded too. */
export async function purgeList(excluded: readonly string[], t: TFunction): Promise<void> {
  const ids: string[] = [];
  try {
    for (let cursor: string | null = ""; cursor !== null; ) {
      const query: TrashQuery = { limit: MOST_IN_PAGE, variants: "", ...(cursor && { cursor }) };
      const page: TrashPage = await unwrap(api.GET("/api/v1/trash", { params: { query } }));
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor ?? null;
    }
  } catch (error) {
    showToast(toSentence(error, t));
    return;
  }
  const others = new Set(excluded);
  await purgePhotos(
    ids.filter((id) => !others.has(id)),
    t,
  );
}

async function purge(id: string): Promise<void> {
  try {
    const params = { path: { photo_id: id } };
    await inTurn([id], () => unwrap(api.DELETE("/api/v1/trash/{photo_id}", { params })));
  } catch (error) {
    // It has gone already, as was wanted.
    if (error instanceof ProblemError && error.problem.status === NOT_FOUND) return;
    throw error;
  }
}

/** Delete all of the trash, what is not loaded too. `ids` are shown no longer at once. */
export async function emptyTrash(ids: readonly string[], t: TFunction): Promise<void> {
  showChange(ids, { libraryState: "purged" });
  try {
    await unwrap(api.DELETE("/api/v1/trash"));
    showToast(t("trash.emptied"));
  } catch (error) {
    dropChange(ids);
    showToast(toSentence(error, t));
  }
  await refreshLists();
}
