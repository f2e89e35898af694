/**
 * Whether the platform answers.
 *
 * A request without a response is no proof that it does not: it is asked, and asked again until it
 * answers, so that what has failed meanwhile can go on by itself.
 */

export interface ReachabilityPort {
  /** Resolve to whether the platform answers. */
  readonly probe: () => Promise<boolean>;
  /** Call after some milliseconds, or as soon as the network is back. */
  readonly after: (ms: number, call: () => void) => void;
}

export const FIRST_PAUSE_MS = 1_000;
export const LONGEST_PAUSE_MS = 8_000;

export function longerPause(ms: number): number {
  return Math.min(2 * ms, LONGEST_PAUSE_MS);
}

export class Reachability {
  #isReachable = true;
  #isProbing = false;
  readonly #port: ReachabilityPort;
  readonly #listeners = new Set<() => void>();

  constructor(port: ReachabilityPort) {
    this.#port = port;
  }

  get isReachable(): boolean {
    return this.#isReachable;
  }

  /** Call `listener` after each change; return the function that ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Find out whether the platform answers, since a request got no response. */
  doubt(): void {
    if (this.#isProbing) return;
    this.#isProbing = true;
    void this.#probe(FIRST_PAUSE_MS);
  }

  async #probe(pauseMs: number): Promise<void> {
    const answers = await this.#port.probe();
    if (answers) this.#isProbing = false;
    else this.#port.after(pauseMs, () => void this.#probe(longerPause(pauseMs)));
    this.#become(answers);
  }

  #become(isReachable: boolean): void {
    if (this.#isReachable === isReachable) return;
    this.#isReachable = isReachable;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Needs no session, and is small. */
const PROBE = "/api/v1/.well-known/jwks.json";
/** A connection that is accepted and never answered. */
const PROBE_MS = 10_000;

export const reachability = new Reachability({
  probe: async () => {
    try {
      const signal = AbortSignal.timeout(PROBE_MS);
      return (await fetch(PROBE, { cache: "no-store", signal })).ok;
    } catch {
      return false;
    }
  },
  after: afterPause,
});

/** Call after some milliseconds, or as soon as the network is back. */
export function afterPause(ms: number, call: () => void): void {
  const end = () => {
    clearTimeout(timer);
    window.removeEventListener("online", end);
    call();
  };
  const timer = setTimeout(end, ms);
  window.addEventListener("online", end);
}
