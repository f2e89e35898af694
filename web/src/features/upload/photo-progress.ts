/** What becomes of photos after their receipt: the steps of processing, until they are ready. */

import { type Clock, systemClock } from "./engine/clock";

export interface PhotoFailure {
  readonly code: string;
  readonly message: string;
}

export interface PhotoProgress {
  readonly status: "processing" | "ready" | "failed";
  /** The step that runs or ran last; null before the first one. */
  readonly step: string | null;
  /** Whether the step failed in a way that may pass. */
  readonly retrying: boolean;
  readonly failure: PhotoFailure | null;
  readonly thumbnailUrl: string | null;
}

/** Return the state of a photo; null while the library does not know it yet. */
export type ReadProgress = (photoId: string, signal: AbortSignal) => Promise<PhotoProgress | null>;

const UNKNOWN: PhotoProgress = {
  status: "processing",
  step: null,
  retrying: false,
  failure: null,
  thumbnailUrl: null,
};
/** Photos asked for at once, and the pause after them: bounds the load of a large upload. */
const AT_ONCE = 6;
const PAUSE_MS = 1_000;
/** For a browser without network or a platform that is down. */
const PAUSE_AFTER_FAILURE_MS = 5_000;

/**
 * Asks for the photos that are being processed, a few at a time in turn. Rows of the upload panel
 * read it by `useSyncExternalStore`.
 */
export class PhotoProgresses {
  readonly #read: ReadProgress;
  readonly #onSettled: (photoId: string) => void;
  readonly #clock: Clock;
  readonly #progresses = new Map<string, PhotoProgress>();
  readonly #listeners = new Set<() => void>();
  readonly #stopping = new AbortController();
  #pending: string[] = [];
  #running = false;

  constructor(read: ReadProgress, onSettled: (photoId: string) => void, clock = systemClock) {
    this.#read = read;
    this.#onSettled = onSettled;
    this.#clock = clock;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** The same object until it changes; undefined for a photo that is not followed. */
  get(photoId: string): PhotoProgress | undefined {
    return this.#progresses.get(photoId);
  }

  /** Follow a photo until it is ready or has failed. */
  follow(photoId: string): void {
    if (this.#pending.includes(photoId)) return;
    this.#set(photoId, UNKNOWN);
    this.#pending.push(photoId);
    if (!this.#running) void this.#run();
  }

  stop(): void {
    this.#stopping.abort();
    this.#pending = [];
    this.#listeners.clear();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#pending.length > 0) {
      const turn = this.#pending.splice(0, AT_ONCE);
      const answers = await Promise.all(turn.map((photoId) => this.#ask(photoId)));
      if (this.#stopping.signal.aborted) break;
      this.#pending.push(...turn.filter((_, index) => answers[index] !== "settled"));
      await this.#sleep(answers.includes("failed") ? PAUSE_AFTER_FAILURE_MS : PAUSE_MS);
    }
    this.#running = false;
  }

  async #ask(photoId: string): Promise<"settled" | "pending" | "failed"> {
    try {
      const progress = await this.#read(photoId, this.#stopping.signal);
      if (progress === null) return "pending";
      this.#set(photoId, progress);
      if (progress.status === "processing") return "pending";
      this.#onSettled(photoId);
      return "settled";
    } catch {
      return "failed";
    }
  }

  #set(photoId: string, progress: PhotoProgress): void {
    const before = this.#progresses.get(photoId);
    if (before !== undefined && isSame(before, progress)) return;
    this.#progresses.set(photoId, progress);
    for (const listener of [...this.#listeners]) listener();
  }

  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#clock.after(ms, resolve);
    });
  }
}

function isSame(one: PhotoProgress, other: PhotoProgress): boolean {
  return (
    one.status === other.status &&
    one.step === other.step &&
    one.retrying === other.retrying &&
    one.failure?.code === other.failure?.code
  );
}
