import type { Clock, Connectivity } from "../clock";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that a test moves; nothing in it takes real time. */
export class VirtualClock implements Clock {
  #now = 1_800_000_000_000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (let timer = this.#next(); timer && timer.at <= end; timer = this.#next())
      this.#fire(timer);
    this.#now = end;
  }

  /** Move to the next timer, if there is one. */
  advanceToNext(): void {
    const timer = this.#next();
    if (timer !== undefined) this.#fire(timer);
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer;
    return first;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    timer.callback();
  }
}

/** One turn of the event loop. */
export async function turn(): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, 0);
  });
}

/**
 * Poll until the check holds, and move the clock to its next timer whenever nothing else has
 * happened for a few turns. Throws where it never holds.
 */
export async function eventually(clock: VirtualClock, check: () => boolean): Promise<void> {
  for (let turns = 0; turns < 5000; turns += 1) {
    if (check()) return;
    await turn();
    if (turns % 4 === 3) clock.advanceToNext();
  }
  throw new Error(`It never holds: ${check.toString()}`);
}

export class Network implements Connectivity {
  readonly #listeners = new Set<() => void>();
  #online = true;

  online(): boolean {
    return this.#online;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  set(online: boolean): void {
    this.#online = online;
    for (const listener of [...this.#listeners]) listener();
  }
}
