/** The upload engine: takes files, sends them, and goes on after whatever comes between. */

import { LocalProblem } from "./api-port";
import { DigestChecks } from "./digest-checks";
import type { JobContext } from "./file-job";
import type { FoundFile } from "./file-source";
import { canCancel, canPause, type Decision, isFinal, type UploadItem } from "./model";
import { type AddOptions, complete, type EngineOptions, type Limits } from "./options";
import { Quota } from "./quota";
import { restoreRecords, tabLock } from "./restore";
import { Retrier } from "./retry";
import { Scheduler } from "./scheduler";
import { ServerSessions } from "./server-sessions";
import { Slots } from "./slots";
import { UploadQueue } from "./upload-queue";
import { type UploadSnapshot, UploadStore } from "./upload-store";

/** Start an engine with what earlier visits left. One for each page and owner. */
export async function openUploadEngine(options: EngineOptions): Promise<UploadEngine> {
  const engine = new UploadEngine(options);
  await engine.restore();
  return engine;
}

/** Files that are added without a pause. */
const BREATH = 500;

export class UploadEngine {
  readonly #options: Required<EngineOptions> & { limits: Limits };
  readonly #store: UploadStore;
  readonly #queue: UploadQueue;
  readonly #retrier: Retrier;
  readonly #quota: Quota;
  readonly #checks: DigestChecks;
  readonly #scheduler: Scheduler;
  readonly #sessions: ServerSessions;
  readonly #stopping = new AbortController();
  readonly #unsubscribe: () => void;
  #releaseTab: (() => void) | null = null;

  constructor(options: EngineOptions) {
    this.#options = complete(options);
    const { api, clock, connectivity, random, records, limits } = this.#options;
    const engine = { online: connectivity.online(), signedOut: false, usage: null };
    this.#store = new UploadStore(clock, { ...engine, persistent: records !== null });
    this.#queue = new UploadQueue(this.#store, records, this.#options.onStored);
    this.#retrier = new Retrier(clock, connectivity, random);
    this.#checks = new DigestChecks(api);
    this.#quota = new Quota(api, clock, (usage) => {
      this.#store.setEngine({ usage });
    });
    this.#unsubscribe = connectivity.subscribe(() => {
      this.#store.setEngine({ online: connectivity.online() });
    });
    const { files, ahead } = limits;
    const context = this.#createContext(limits);
    this.#scheduler = new Scheduler(this.#store, this.#queue, context, files + ahead, () => {
      void this.#quota.refresh(this.#stopping.signal);
    });
    this.#sessions = new ServerSessions(this.#store, this.#queue, api, this.#retrier, {
      signal: this.#stopping.signal,
      onSignedOut: () => {
        this.#scheduler.signOut();
      },
    });
  }

  /** For `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener);

  readonly getSnapshot = (): UploadSnapshot => this.#store.getSnapshot();

  /** One file, for `useSyncExternalStore` too; the same object until it changes. */
  item(id: string): UploadItem | undefined {
    return this.#store.item(id);
  }

  /** Add files as they are found; return how many are new or go on now. */
  async add(
    found: Iterable<readonly FoundFile[]> | AsyncIterable<readonly FoundFile[]>,
    options: AddOptions = {},
  ): Promise<number> {
    let added = 0;
    let seen = 0;
    for await (const files of found) {
      this.#stopping.signal.throwIfAborted();
      seen += files.length;
      for (const file of files) {
        const id = this.#queue.add(file, options, seen);
        if (id === null) continue;
        added += 1;
        this.#scheduler.enqueue(id);
        if (added % BREATH === 0) await this.#breathe();
      }
    }
    void this.#quota.refresh(this.#stopping.signal);
    return added;
  }

  pause(id: string): void {
    const item = this.#store.current(id);
    if (item === undefined || !canPause(item.phase)) return;
    this.#queue.dispatch(id, { type: "pause" });
    this.#scheduler.interrupt(id);
  }

  resume(id: string): void {
    this.#queue.dispatch(id, { type: "resume" });
    this.#scheduler.enqueue(id);
  }

  /** Cancel one file; what is on the server of it is removed. */
  cancel(id: string): void {
    const item = this.#store.current(id);
    if (item === undefined || !canCancel(item.phase)) return;
    const after = this.#queue.dispatch(id, { type: "cancel" });
    this.#scheduler.interrupt(id);
    if (after?.phase === "cancelling") void this.#sessions.cancel(id);
  }

  /** Try a failed file again. */
  retry(id: string): void {
    this.#queue.dispatch(id, { type: "retry" });
    this.#scheduler.enqueue(id);
  }

  /** Say what happens to a file whose bytes the library has. */
  decide(id: string, decision: Decision): void {
    this.#queue.dispatch(id, { type: "decided", decision });
    this.#scheduler.enqueue(id);
  }

  pauseAll(): void {
    this.#forEach((item) => {
      this.pause(item.id);
    });
  }

  resumeAll(): void {
    this.#forEach((item) => {
      if (item.phase === "paused") this.resume(item.id);
    });
  }

  cancelAll(): void {
    this.#forEach((item) => {
      this.cancel(item.id);
    });
  }

  retryAll(): void {
    this.#forEach((item) => {
      if (item.phase === "failed") this.retry(item.id);
    });
  }

  decideAll(decision: Decision): void {
    this.#forEach((item) => {
      if (item.phase === "duplicate") this.decide(item.id, decision);
    });
  }

  /** Do not wait any longer for the next attempt. */
  retryNow(): void {
    this.#retrier.wake();
  }

  /**
   * Ask for consent to read the files of an earlier visit. Called in the handler of a click, or
   * the browser refuses to ask.
   */
  async allowFiles(): Promise<void> {
    for (const entry of [...this.#queue.entries()]) {
      const { handle } = entry;
      if (handle === null) continue;
      const state = await handle.requestPermission?.({ mode: "read" });
      if (state === "denied" || state === "prompt") return;
      this.#queue.readFromHandle(entry);
      this.#scheduler.enqueue(entry.id);
    }
  }

  /** Drop the rows of files that are done, and of failed ones too if so asked. */
  clear(withFailed = false): void {
    this.#forEach(({ id, phase, uploadId }) => {
      if (phase === "failed" && withFailed && uploadId !== null) this.#sessions.discard(uploadId);
      if (isFinal(phase) || (phase === "failed" && withFailed)) this.#queue.remove(id);
    });
  }

  /** The user has signed in again; what a 401 stopped goes on. */
  signedIn(): void {
    this.#store.setEngine({ signedOut: false });
    this.#forEach((item) => {
      if (item.phase === "cancelling") void this.#sessions.cancel(item.id);
      if (item.phase === "needs_file") void this.#sessions.finish(item.id);
    });
    this.#scheduler.pump();
  }

  /** Take over what earlier visits left, and closed tabs. May be called again at any time. */
  async restore(): Promise<void> {
    const { records, locks } = this.#options;
    void this.#quota.refresh(this.#stopping.signal);
    if (records === null) return;
    this.#releaseTab ??= await locks.tryHold(tabLock(this.#queue.tab));
    const restored = await restoreRecords(this.#queue, records, locks);
    for (const { id } of restored) {
      const phase = this.#store.current(id)?.phase;
      if (phase === "cancelling") void this.#sessions.cancel(id);
      else if (phase === "needs_file") void this.#sessions.finish(id);
      else this.#scheduler.enqueue(id);
    }
    this.#store.publish();
  }

  /** Stop all work and keep the records, as when the page goes or the user signs out. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#scheduler.stop();
    await this.#queue.flush();
    this.#checks.close();
    this.#retrier.close();
    this.#unsubscribe();
    this.#store.close();
    this.#releaseTab?.();
  }

  /** Let the page answer between many files. */
  async #breathe(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#options.clock.after(0, resolve);
    });
  }

  #forEach(act: (item: UploadItem) => void): void {
    for (const item of [...this.#store.all()]) act(item);
  }

  #adoptSession(id: string, digest: string): void {
    const waiting = this.#queue.findWaiting(id, digest);
    if (waiting?.uploadId == null || waiting.photoId === null) return;
    const { uploadId, photoId } = waiting;
    this.#queue.dispatch(id, { type: "new_bytes" });
    this.#queue.dispatch(id, { type: "opened", uploadId, photoId });
    this.#queue.remove(waiting.id);
  }

  #createContext(limits: Limits): JobContext {
    const { ownerId, api, digests, locks, clock } = this.#options;
    const { partsPerFile } = limits;
    const partSlots = new Slots(limits.parts);
    const openGate = { opensAt: 0 };
    return {
      ownerId,
      digests,
      checks: this.#checks,
      locks,
      quota: this.#quota,
      transport: { api, clock, retrier: this.#retrier, partSlots, partsPerFile, openGate },
      hashSlots: new Slots(limits.hashing),
      fileSlots: new Slots(limits.files),
      dispatch: (id, event) => {
        this.#queue.dispatch(id, event);
      },
      current: (id) => {
        const item = this.#store.current(id);
        if (item === undefined) throw new LocalProblem("cancelled", "The file was removed.");
        return item;
      },
      transferred: (bytes) => {
        this.#store.transferred(bytes);
      },
      adoptSession: (id, digest) => {
        this.#adoptSession(id, digest);
      },
      discard: (uploadId) => {
        this.#sessions.discard(uploadId);
      },
    };
  }
}
