/** Sending a part to storage, by the one browser interface that reports how far it is. */

import { ApiProblem, Unreachable } from "./api-port";

/** A part that moves no byte for this long has lost its connection. */
const STALLED_AFTER = 60_000;

/**
 * `PUT` the bytes to a presigned URL and return the `ETag`. The signature covers the length, and
 * the browser sends it by itself.
 */
export async function putPart(
  url: string,
  bytes: Blob,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const request = new XMLHttpRequest();
  const abort = () => {
    request.abort();
  };
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  const moved = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(abort, STALLED_AFTER);
  };
  try {
    await new Promise<void>((resolve) => {
      request.open("PUT", url);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.onprogress = (event) => {
        moved();
        onProgress(event.loaded);
      };
      request.onloadend = () => {
        resolve();
      };
      signal.addEventListener("abort", abort, { once: true });
      moved();
      request.send(bytes);
    });
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener("abort", abort);
  }
  signal.throwIfAborted();
  if (request.status === 0) throw new Unreachable("Storage did not answer.");
  const etag = request.getResponseHeader("ETag");
  if (request.status >= 200 && request.status < 300 && etag !== null) return etag;
  const seconds = Number(request.getResponseHeader("Retry-After") ?? Number.NaN);
  throw new ApiProblem(
    request.status,
    "storage_refused",
    `Storage answered ${String(request.status)}.`,
    Number.isFinite(seconds) ? seconds * 1000 : null,
  );
}
