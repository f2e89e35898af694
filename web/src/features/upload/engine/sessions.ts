/** Sessions on the server that need no file: ending one, and learning what became of one. */

import { ApiProblem, type SessionStatus, type UploadApi } from "./api-port";
import type { Receipt } from "./model";
import type { Retrier, RetryOptions } from "./retry";

/**
 * End a session and remove its parts. Return the receipt where the photo was there already, null
 * where there will be none.
 */
export async function endSession(
  uploadId: string,
  api: UploadApi,
  retrier: Retrier,
  options: RetryOptions,
): Promise<Receipt | null> {
  try {
    await retrier.run(() => api.cancel(uploadId, options.signal), options);
    return null;
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    if (error.code === "not_found") return null;
    if (error.code !== "upload_ended") throw error;
  }
  const status = await retrier.run(() => api.inspect(uploadId, options.signal), options);
  return status.state === "accepted" ? receiptOf(status) : null;
}

/**
 * Return the receipt of a session that was completed, or can be without the file since all parts
 * have arrived; null for any other. `size` is null where it is not to be completed.
 */
export async function finishSession(
  uploadId: string,
  size: number | null,
  api: UploadApi,
  retrier: Retrier,
  options: RetryOptions,
): Promise<Receipt | null> {
  const { signal } = options;
  try {
    const status = await retrier.run(() => api.inspect(uploadId, signal), options);
    if (status.state === "accepted") return receiptOf(status);
    if (size === null) return null;
    const all = status.received.length === Math.max(1, Math.ceil(size / status.partSize));
    if (status.state !== "open" || !all) return null;
    return await retrier.run(() => api.complete(uploadId, status.received, signal), options);
  } catch (error) {
    // The file is sent again when it is there.
    if (error instanceof ApiProblem && error.status !== 401) return null;
    throw error;
  }
}

export function receiptOf(status: SessionStatus): Receipt {
  return { photoId: status.duplicateOf ?? status.photoId, duplicateOf: status.duplicateOf };
}
