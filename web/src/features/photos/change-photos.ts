/** One action on many photos: shown at once, sent in parts, taken back where it failed. */

import type { TFunction } from "i18next";
import { api, unwrap } from "@/api/client";
import { UnreachableError } from "@/api/problem";
import type { components } from "@/api/schema";
import { toSentence } from "@/app/i18n/problem-words";
import { inTurn } from "./in-turn";
import { confirmChange, dropChange, type PhotoChange, showChange } from "./pending-changes";

export type PhotoAction = "favorite" | "unfavorite" | "trash" | "restore";

export const CHANGES: Record<PhotoAction, PhotoChange> = {
  favorite: { favorite: true },
  unfavorite: { favorite: false },
  trash: { libraryState: "trash" },
  restore: { libraryState: "library" },
};

export const OPPOSITES: Record<PhotoAction, PhotoAction> = {
  favorite: "unfavorite",
  unfavorite: "favorite",
  trash: "restore",
  restore: "trash",
};

/** What says that an action is done. */
export const DONE = {
  favorite: "photos.done.favorite",
  unfavorite: "photos.done.unfavorite",
  trash: "photos.done.trash",
  restore: "photos.done.restore",
} as const;

/** The most that the API takes in one request. */
export const BATCH_SIZE = 500;

export interface ChangeOutcome {
  readonly done: readonly string[];
  readonly failed: readonly string[];
  /** Why, where the whole of a request failed. */
  readonly error: unknown;
}

type BatchResult = components["schemas"]["BatchResult"];

/** Do an action on photos. What fails is shown as it was. */
export async function changePhotos(
  ids: readonly string[],
  action: PhotoAction,
): Promise<ChangeOutcome> {
  showChange(ids, CHANGES[action]);
  const done: string[] = [];
  const failed: string[] = [];
  let error: unknown;
  for (let start = 0; start < ids.length; start += BATCH_SIZE) {
    const batch = ids.slice(start, start + BATCH_SIZE);
    try {
      for (const { id, ok, version } of await sendBatch(batch, action)) {
        (ok ? done : failed).push(id);
        if (ok) confirmChange(id, version);
      }
    } catch (cause) {
      error = cause;
      failed.push(...ids.slice(start));
      break;
    }
  }
  dropChange(failed);
  return { done, failed, error };
}

async function sendBatch(
  ids: readonly string[],
  action: PhotoAction,
): Promise<readonly BatchResult[]> {
  const body = { ids: [...ids], action, tags: [] };
  const { results } = await inTurn(ids, () =>
    sendOnce((header) => unwrap(api.POST("/api/v1/photos/batch", { body, params: { header } }))),
  );
  return results;
}

/**
 * Send a request; once more where no response came.
 *
 * The key has the server do it once, whether or not the first request arrived.
 */
export async function sendOnce<Data>(
  send: (header: { readonly "Idempotency-Key": string }) => Promise<Data>,
): Promise<Data> {
  const header = { "Idempotency-Key": crypto.randomUUID() };
  try {
    return await send(header);
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    return await send(header);
  }
}

/** Return how many photos could not be changed, and why if all of a request failed. */
export function failureWords(count: number, error: unknown, t: TFunction): string {
  return error === undefined
    ? t("photos.failed", { count })
    : t("photos.failedBecause", { count, reason: toSentence(error, t) });
}
