/** Long computations in slices, so that input and frames come between. */

export interface SliceClock {
  /** Milliseconds, monotonic: `performance.now()`. */
  now(): number;
  /** Resolve in a later task, after what the browser has to do. */
  pause(): Promise<void>;
}

export interface SliceOptions {
  /** Milliseconds of work between pauses. */
  readonly budget?: number;
  /** Ends the computation at its next pause; the promise is rejected with the reason. */
  readonly signal?: AbortSignal;
}

/** Half of a frame at 60 Hz: rendering has the other half; far below a long task's 50 ms. */
export const SLICE_BUDGET = 8;

/** Run a computation to its end, pausing whenever a slice has used its budget. */
export async function runInSlices<Result>(
  steps: Generator<void, Result>,
  clock: SliceClock,
  options: SliceOptions = {},
): Promise<Result> {
  const { budget = SLICE_BUDGET, signal } = options;
  for (;;) {
    signal?.throwIfAborted();
    const deadline = clock.now() + budget;
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (clock.now() < deadline);
    await clock.pause();
  }
}

/** Run a computation to its end at once: for tests and for little work. */
export function runAtOnce<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Return the clock of a page or a worker.
 *
 * A message to oneself is a task of its own; `setTimeout` would wait 4 ms from the fifth on.
 */
export function browserClock(): SliceClock {
  const waiting: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    waiting.shift()?.();
  };
  return {
    now: () => performance.now(),
    pause: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        port2.postMessage(null);
      }),
  };
}
