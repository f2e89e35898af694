/**
 * Do the work under a signal that the caller's aborts, and that can be aborted alone.
 * `AbortSignal.any` would do, but not in browsers of 2023, nor in Node 20 once it collects garbage.
 */
export async function withLinkedAbort<T>(
  signal: AbortSignal,
  work: (controller: AbortController) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const follow = () => controller.abort(signal.reason);
  if (signal.aborted) follow();
  signal.addEventListener("abort", follow, { once: true });
  try {
    return await work(controller);
  } finally {
    signal.removeEventListener("abort", follow);
  }
}

/** Return the promise's result, or reject as soon as the signal is aborted. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
