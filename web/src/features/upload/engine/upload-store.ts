/**
 * The queue as React reads it: immutable, and published at most once per interval however often
 * it changes. `useSyncExternalStore(store.subscribe, () => store.item(id))` renders one row.
 */

import type { Clock } from "./clock";
import { isActive, isFinal, PHASES, type Phase, type UploadItem } from "./model";
import { SpeedMeter } from "./speed";
import { transition, type UploadEvent } from "./transitions";

export interface QuotaForecast {
  /** Bytes that the owner may still store, open uploads subtracted. */
  readonly bytesFree: number;
  /** Bytes of the files of the queue that have no session yet. */
  readonly bytesNeeded: number;
  readonly maxFileBytes: number;
}

export interface UploadSnapshot {
  /** All files, in the order they were added. */
  readonly ids: readonly string[];
  readonly counts: Readonly<Record<Phase, number>>;
  /** Of what is to be sent or has been; failed and cancelled files count no more. */
  readonly bytesTotal: number;
  readonly bytesDone: number;
  readonly bytesPerSecond: number | null;
  /** Null where the speed is unknown, 0 where nothing is left. */
  readonly secondsLeft: number | null;
  readonly online: boolean;
  /** The session of the user ended; `signedIn` makes it go on. */
  readonly signedOut: boolean;
  /** Whether the queue survives the page. False where the browser refuses to store it. */
  readonly persistent: boolean;
  /** Null until the usage is known. */
  readonly quota: QuotaForecast | null;
}

/** What the engine says about itself. */
export type EngineState = Pick<UploadSnapshot, "online" | "signedOut" | "persistent"> & {
  readonly usage: { readonly bytesFree: number; readonly maxFileBytes: number } | null;
};

const INTERVAL = 100;

export class UploadStore {
  readonly #clock: Clock;
  readonly #items = new Map<string, UploadItem>();
  readonly #published = new Map<string, UploadItem>();
  readonly #dirty = new Set<string>();
  readonly #listeners = new Set<() => void>();
  readonly #counts = emptyCounts();
  readonly #speed = new SpeedMeter();
  #bytesTotal = 0;
  #bytesDone = 0;
  #bytesNeeded = 0;
  #ids: readonly string[] = [];
  #idsChanged = false;
  #engine: EngineState;
  #snapshot: UploadSnapshot;
  #cancelPublication: (() => void) | null = null;

  constructor(clock: Clock, engine: EngineState) {
    this.#clock = clock;
    this.#engine = engine;
    this.#snapshot = this.#take();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  readonly getSnapshot = (): UploadSnapshot => this.#snapshot;

  /** A file as of the last publication. */
  item(id: string): UploadItem | undefined {
    return this.#published.get(id);
  }

  /** A file as it is now, ahead of the publication. */
  current(id: string): UploadItem | undefined {
    return this.#items.get(id);
  }

  *all(): IterableIterator<UploadItem> {
    yield* this.#items.values();
  }

  engine(): EngineState {
    return this.#engine;
  }

  count(phase: Phase): number {
    return this.#counts[phase];
  }

  add(item: UploadItem): void {
    this.#items.set(item.id, item);
    this.#account(item, 1);
    this.#idsChanged = true;
    this.#change(item.id);
  }

  remove(id: string): void {
    const item = this.#items.get(id);
    if (item === undefined) return;
    this.#items.delete(id);
    this.#account(item, -1);
    this.#idsChanged = true;
    this.#change(id);
  }

  /** Apply the event; return the file before and after. */
  dispatch(id: string, event: UploadEvent): readonly [UploadItem, UploadItem] | null {
    const before = this.#items.get(id);
    if (before === undefined) return null;
    const after = transition(before, event);
    if (after !== before) {
      this.#items.set(id, after);
      this.#account(before, -1);
      this.#account(after, 1);
      this.#change(id);
    }
    return [before, after];
  }

  /** Count bytes that went over the network, for the speed. */
  transferred(bytes: number): void {
    this.#speed.add(bytes, this.#clock.now());
  }

  setEngine(changes: Partial<EngineState>): void {
    this.#engine = { ...this.#engine, ...changes };
    this.#schedule();
  }

  /** Publish what has changed now. */
  publish(): void {
    this.#cancelPublication?.();
    this.#cancelPublication = null;
    for (const id of this.#dirty) {
      const item = this.#items.get(id);
      if (item === undefined) this.#published.delete(id);
      else this.#published.set(id, item);
    }
    this.#dirty.clear();
    if (this.#idsChanged) this.#ids = [...this.#items.keys()];
    this.#idsChanged = false;
    this.#snapshot = this.#take();
    for (const listener of [...this.#listeners]) listener();
    // The remaining time goes on changing, and a speed falls, while nothing happens.
    if (this.#hasActive()) this.#schedule(10 * INTERVAL);
  }

  close(): void {
    this.#cancelPublication?.();
    this.#cancelPublication = null;
    this.#listeners.clear();
  }

  #hasActive(): boolean {
    return PHASES.some((phase) => isActive(phase) && this.#counts[phase] > 0);
  }

  #change(id: string): void {
    // The publication that only keeps the time waits longer than a change may.
    if (this.#dirty.size === 0) {
      this.#cancelPublication?.();
      this.#cancelPublication = null;
    }
    this.#dirty.add(id);
    this.#schedule();
  }

  #schedule(after = INTERVAL): void {
    this.#cancelPublication ??= this.#clock.after(after, () => {
      this.publish();
    });
  }

  #account(item: UploadItem, sign: 1 | -1): void {
    this.#counts[item.phase] += sign;
    if (item.phase === "failed" || item.phase === "cancelled") return;
    this.#bytesTotal += sign * item.size;
    const done = isFinal(item.phase) ? item.size : item.bytesSent;
    this.#bytesDone += sign * done;
    if (item.uploadId === null && !isFinal(item.phase)) this.#bytesNeeded += sign * item.size;
  }

  #take(): UploadSnapshot {
    const { usage, ...engine } = this.#engine;
    const bytesPerSecond = this.#speed.bytesPerSecond(this.#clock.now());
    const bytesLeft = this.#bytesTotal - this.#bytesDone;
    return {
      ...engine,
      ids: this.#ids,
      counts: { ...this.#counts },
      bytesTotal: this.#bytesTotal,
      bytesDone: this.#bytesDone,
      bytesPerSecond,
      secondsLeft: secondsLeft(bytesLeft, bytesPerSecond),
      quota: usage && { ...usage, bytesNeeded: this.#bytesNeeded },
    };
  }
}

function secondsLeft(bytes: number, bytesPerSecond: number | null): number | null {
  if (bytes === 0) return 0;
  return bytesPerSecond ? bytes / bytesPerSecond : null;
}

function emptyCounts(): Record<Phase, number> {
  return Object.fromEntries(PHASES.map((phase) => [phase, 0])) as Record<Phase, number>;
}
