/** Repeating requests: jittered backoff, `Retry-After`, and waiting for the network. */

import { ApiProblem, Unreachable } from "./api-port";
import type { Clock, Connectivity } from "./clock";
import type { Waiting, WaitReason } from "./model";

const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
/** Attempts for a fault that may be of this request alone. An outage is waited out. */
const ATTEMPTS_AT_A_FAULT = 6;

/** When a kind of request may be sent again, for all files at once. */
export interface Gate {
  opensAt: number;
}

export interface RetryOptions {
  readonly signal: AbortSignal;
  /** Gets what is waited for, and null when the waiting is over. */
  readonly onWaiting: (waiting: Waiting | null) => void;
  readonly gate?: Gate;
}

export class Retrier {
  readonly #clock: Clock;
  readonly #connectivity: Connectivity;
  readonly #random: () => number;
  readonly #sleepers = new Set<() => void>();
  readonly #unsubscribe: () => void;

  constructor(clock: Clock, connectivity: Connectivity, random: () => number = Math.random) {
    this.#clock = clock;
    this.#connectivity = connectivity;
    this.#random = random;
    this.#unsubscribe = connectivity.subscribe(() => {
      if (connectivity.online()) this.wake();
    });
  }

  /** Return the first result. Rejects with what cannot be repeated, or the signal's reason. */
  async run<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
    let waited = false;
    const noticing = (waiting: Waiting | null) => {
      waited = true;
      options.onWaiting(waiting);
    };
    const watched = { ...options, onWaiting: noticing };
    for (let failures = 0; ; failures += 1) {
      await this.#passGate(watched);
      options.signal.throwIfAborted();
      try {
        const result = await attempt();
        if (waited) options.onWaiting(null);
        return result;
      } catch (error) {
        options.signal.throwIfAborted();
        await this.#waitAfter(error, failures, watched);
      }
    }
  }

  /** End all backoffs: the network is back, or a person does not want to wait. */
  wake(): void {
    for (const wakeUp of [...this.#sleepers]) wakeUp();
  }

  close(): void {
    this.#unsubscribe();
  }

  /** Rejects with the error where another attempt would be in vain. */
  async #waitAfter(error: unknown, failures: number, options: RetryOptions): Promise<void> {
    const reason = this.#reasonToWait(error, failures);
    if (reason === null) throw error;
    const ms = this.#delay(error, failures);
    const until = this.#clock.now() + ms;
    if (options.gate !== undefined && reason === "rate_limited") {
      options.gate.opensAt = Math.max(options.gate.opensAt, until);
    } else if (reason === "offline") {
      // The browser may be wrong about the network, so this is waited out, not believed.
      options.onWaiting({ reason, until: null });
      await this.#sleep(LONGEST_DELAY, options.signal);
    } else {
      options.onWaiting({ reason, until });
      await this.#sleep(ms, options.signal);
    }
  }

  async #passGate({ gate, signal, onWaiting }: RetryOptions): Promise<void> {
    if (gate === undefined) return;
    for (;;) {
      const ms = gate.opensAt - this.#clock.now();
      if (ms <= 0) return;
      onWaiting({ reason: "rate_limited", until: gate.opensAt });
      await this.#sleep(ms, signal);
    }
  }

  #reasonToWait(error: unknown, failures: number): WaitReason | null {
    if (error instanceof Unreachable) {
      return this.#connectivity.online() ? "unreachable" : "offline";
    }
    if (!(error instanceof ApiProblem)) return null;
    if (error.status === 429) return "rate_limited";
    if (isOutage(error)) return "unavailable";
    return isFault(error) && failures < ATTEMPTS_AT_A_FAULT - 1 ? "unavailable" : null;
  }

  #delay(error: unknown, failures: number): number {
    const ceiling = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(failures, 10));
    const jittered = ceiling * (0.5 + this.#random() / 2);
    const retryAfter = error instanceof ApiProblem ? error.retryAfter : null;
    // Clients that were refused together do not come back together.
    return retryAfter === null ? jittered : retryAfter + this.#random() * FIRST_DELAY;
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const end = () => {
        this.#sleepers.delete(end);
        cancelTimer();
        signal.removeEventListener("abort", end);
        if (signal.aborted) reject(signal.reason as Error);
        else resolve();
      };
      const cancelTimer = this.#clock.after(ms, end);
      this.#sleepers.add(end);
      signal.addEventListener("abort", end, { once: true });
    });
  }
}

/** Whether it passes by itself: an outage, or another request that is being carried out. */
function isOutage(problem: ApiProblem): boolean {
  // A gateway that has just started has no routes: its 404 is no problem document.
  const passing = ["upload_completing", "request_in_progress", "http_404"];
  return [502, 503, 504].includes(problem.status) || passing.includes(problem.code);
}

/** Whether the same request may succeed later. */
function isFault(problem: ApiProblem): boolean {
  return problem.status >= 500 || problem.status === 408 || problem.code === "response_not_kept";
}
