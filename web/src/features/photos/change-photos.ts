/** One action on many photos: shown at once, sent in parts, taken back where it failed. */

import { api, unwrap } from "@/api/client";
import { UnreachableError } from "@/api/problem";
import type { components } from "@/api/schema";
import { confirmChange, dropChange, type PhotoChange, showChange } from "./pending-changes";

export type PhotoAction = "favorite" | "unfavorite" | "trash" | "restore";

const CHANGES: Record<PhotoAction, PhotoChange> = {
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

/** The most that the API takes in one request. */
const BATCH_SIZE = 500;

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

/**
 * Send one batch; once more where no response came.
 *
 * The key has the server do it once, whether or not the first request arrived.
 */
async function sendBatch(
  ids: readonly string[],
  action: PhotoAction,
): Promise<readonly BatchResult[]> {
  const header = { "Idempotency-Key": crypto.randomUUID() };
  const send = () =>
    unwrap(
      api.POST("/api/v1/photos/batch", {
        body: { ids: [...ids], action, tags: [] },
        params: { header },
      }),
    );
  try {
    return (await send()).results;
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    return (await send()).results;
  }
}
