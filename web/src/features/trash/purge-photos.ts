/** Deleting photos of the trash for good. */

import type { TFunction } from "i18next";
import { api, unwrap } from "@/api/client";
import { ProblemError } from "@/api/problem";
import { toSentence } from "@/app/i18n/problem-words";
import { dropChange, showChange } from "@/features/photos/pending-changes";
import { refreshLists } from "@/features/photos/photo-actions";
import { showToast } from "@/ui/toasts";

const AT_ONCE = 4;
const NOT_FOUND = 404;

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

async function purge(id: string): Promise<void> {
  try {
    await unwrap(api.DELETE("/api/v1/trash/{photo_id}", { params: { path: { photo_id: id } } }));
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
