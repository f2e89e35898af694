/** What a service refused for a while goes on by itself when the service takes it again. */

import { authorizedFetch } from "./client";
import { ProblemError } from "./problem";
import { afterPause, FIRST_PAUSE_MS, longerPause } from "./reachability";

/** Too many requests, and what gateways and services say that are without what they need. */
const UNAVAILABLE: readonly number[] = [429, 502, 503, 504];

export interface RecoveryPort {
  /** Resolve to the status of the response to a GET; reject where there is no response. */
  readonly ask: (url: string) => Promise<number>;
  /** Call after some milliseconds, or as soon as the network is back. */
  readonly after: (ms: number, call: () => void) => void;
}

export class Recovery {
  readonly #port: RecoveryPort;

  constructor(port: RecoveryPort) {
    this.#port = port;
  }

  /**
   * Call `onAnswer` once the address that failed with `error` is answered otherwise; never where
   * the error is no refusal for a while. It is asked first after the time that the server named,
   * then each time later, until the function that is returned is called.
   */
  wait(error: unknown, onAnswer: () => void): () => void {
    let isEnded = false;
    const ask = async (url: string, pauseMs: number) => {
      if (isEnded) return;
      const isAnswered = await this.#isAnswered(url);
      if (isEnded) return;
      if (isAnswered) onAnswer();
      else this.#port.after(pauseMs, () => void ask(url, longerPause(pauseMs)));
    };
    if (error instanceof ProblemError && UNAVAILABLE.includes(error.problem.status)) {
      const { url, retryAfterS = 0 } = error;
      const pauseMs = Math.max(FIRST_PAUSE_MS, 1_000 * retryAfterS);
      this.#port.after(pauseMs, () => void ask(url, longerPause(FIRST_PAUSE_MS)));
    }
    return () => {
      isEnded = true;
    };
  }

  async #isAnswered(url: string): Promise<boolean> {
    try {
      return !UNAVAILABLE.includes(await this.#port.ask(url));
    } catch {
      return false;
    }
  }
}

export const recovery = new Recovery({
  ask: async (url) => {
    const response = await authorizedFetch(url, { cache: "no-store" });
    await response.body?.cancel();
    return response.status;
  },
  after: afterPause,
});
