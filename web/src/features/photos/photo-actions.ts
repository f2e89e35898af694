/** What the selection's buttons do, with words for how it went and a way back. */

import type { TFunction } from "i18next";
import { queryClient } from "@/api/query-client";
import { toSentence } from "@/app/i18n/problem-words";
import { refreshTimeline } from "@/features/timeline/months";
import { showToast } from "@/ui/toasts";
import { type ChangeOutcome, changePhotos, OPPOSITES, type PhotoAction } from "./change-photos";

/** A photo that an action is for. */
export interface ChosenPhoto {
  readonly id: string;
  readonly favorite: boolean;
}

/** Photos of lists other than the timeline. */
export const PHOTO_LISTS = ["photo-lists"];

const DONE = {
  favorite: "photos.done.favorite",
  unfavorite: "photos.done.unfavorite",
  trash: "photos.done.trash",
  restore: "photos.done.restore",
} as const;

/** Do an action on photos, say how it went, and offer to undo it. */
export async function runAction(
  ids: readonly string[],
  action: PhotoAction,
  t: TFunction,
): Promise<ChangeOutcome> {
  if (ids.length === 0) return { done: [], failed: [], error: undefined };
  const outcome = await changePhotos(ids, action);
  if (outcome.done.length > 0) {
    showToast(t(DONE[action], { count: outcome.done.length }), () => {
      void undo(outcome.done, OPPOSITES[action], t);
    });
  }
  sayFailure(outcome, t);
  void refreshLists();
  return outcome;
}

/** Mark photos as favorites, or where all of them are, take the mark away. */
export function toggleFavorites(photos: readonly ChosenPhoto[], t: TFunction) {
  const others = photos.filter(({ favorite }) => !favorite);
  const [changed, action] =
    others.length > 0 ? ([others, "favorite"] as const) : ([photos, "unfavorite"] as const);
  return runAction(
    changed.map(({ id }) => id),
    action,
    t,
  );
}

/** Read lists again that show photos that have changed. */
export async function refreshLists(): Promise<void> {
  await Promise.all([
    refreshTimeline(),
    queryClient.invalidateQueries({ queryKey: PHOTO_LISTS }),
    queryClient.invalidateQueries({ queryKey: ["photo"] }),
  ]);
}

async function undo(ids: readonly string[], action: PhotoAction, t: TFunction): Promise<void> {
  const outcome = await changePhotos(ids, action);
  if (outcome.failed.length === 0) showToast(t("photos.undone"));
  else sayFailure(outcome, t);
  await refreshLists();
}

function sayFailure({ failed, error }: ChangeOutcome, t: TFunction): void {
  if (failed.length === 0) return;
  const count = failed.length;
  showToast(
    error === undefined
      ? t("photos.failed", { count })
      : t("photos.failedBecause", { count, reason: toSentence(error, t) }),
  );
}
