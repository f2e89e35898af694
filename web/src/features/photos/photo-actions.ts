/** What the selection's buttons do, with words for how it went and a way back. */

import type { TFunction } from "i18next";
import { showToast } from "@/ui/toasts";
import {
  BATCH_SIZE,
  type ChangeOutcome,
  changePhotos,
  DONE,
  failureWords,
  OPPOSITES,
  type PhotoAction,
} from "./change-photos";
import { changeMany } from "./photo-jobs";
import { refreshLists } from "./refresh-lists";

/** A photo that an action is for. */
export interface ChosenPhoto {
  readonly id: string;
  readonly favorite: boolean;
}

/** Do an action on photos, say how it went, and offer to undo it. */
export async function runAction(
  ids: readonly string[],
  action: PhotoAction,
  t: TFunction,
): Promise<void> {
  if (ids.length === 0) return;
  if (ids.length > BATCH_SIZE) return changeMany(ids, action, t);
  const outcome = await changePhotos(ids, action);
  if (outcome.done.length > 0) {
    showToast(t(DONE[action], { count: outcome.done.length }), () => {
      void undo(outcome.done, OPPOSITES[action], t);
    });
  }
  sayFailure(outcome, t);
  void refreshLists();
}

/** Mark photos as favorites, or where all of them are, take the mark away. */
export function toggleFavorites(photos: readonly ChosenPhoto[], t: TFunction): Promise<void> {
  const others = photos.filter(({ favorite }) => !favorite);
  const [changed, action] =
    others.length > 0 ? ([others, "favorite"] as const) : ([photos, "unfavorite"] as const);
  return runAction(
    changed.map(({ id }) => id),
    action,
    t,
  );
}

async function undo(ids: readonly string[], action: PhotoAction, t: TFunction): Promise<void> {
  const outcome = await changePhotos(ids, action);
  if (outcome.failed.length === 0) showToast(t("photos.undone"));
  else sayFailure(outcome, t);
  await refreshLists();
}

function sayFailure({ failed, error }: ChangeOutcome, t: TFunction): void {
  if (failed.length > 0) showToast(failureWords(failed.length, error, t));
}
