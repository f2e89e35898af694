/** What of the queue fits into the space that is left. */

import { isFinal, type Phase, type UploadItem } from "../engine/model";

const LEFT_OUT: readonly Phase[] = ["cancelling", "failed"];

export interface Fit {
  readonly files: number;
  readonly fitting: number;
}

/** Count the files without a session, in their order, and those that there is space for. */
export function fitIntoSpace(items: Iterable<UploadItem>, bytesFree: number): Fit {
  let left = bytesFree;
  let files = 0;
  let fitting = 0;
  for (const { phase, uploadId, size } of items) {
    if (uploadId !== null || isFinal(phase) || LEFT_OUT.includes(phase)) continue;
    files += 1;
    if (size > left) continue;
    left -= size;
    fitting += 1;
  }
  return { files, fitting };
}
