/** Which files are worked on: in their order, a bounded number at once. */

import { ApiProblem, FileUnreadable, isUnauthorized, LocalProblem } from "./api-port";
import { type JobContext, runFile } from "./file-job";
import { isActive, type UploadProblem } from "./model";
import type { QueueEntry } from "./queue-entry";
import type { UploadQueue } from "./upload-queue";
import type { UploadStore } from "./upload-store";

export class Scheduler {
  readonly #store: UploadStore;
  readonly #queue: UploadQueue;
  readonly #context: JobContext;
  readonly #atOnce: number;
  readonly #onQuotaExceeded: () => void;
  readonly #ready = new ReadyList();
  #running = 0;
  #stopped = false;

  constructor(
    store: UploadStore,
    queue: UploadQueue,
    context: JobContext,
    atOnce: number,
    onQuotaExceeded: () => void,
  ) {
    this.#store = store;
    this.#queue = queue;
    this.#context = context;
    this.#atOnce = atOnce;
    this.#onQuotaExceeded = onQuotaExceeded;
  }

  /** Let a queued file have its turn. */
  enqueue(id: string): void {
    // A run that is still ending puts the file into the queue itself.
    if (this.#queue.entry(id)?.run != null) return;
    if (this.#store.current(id)?.phase !== "queued") return;
    this.#ready.push(id);
    this.pump();
  }

  /** Start what may start. */
  pump(): void {
    while (this.#running < this.#atOnce && !this.#stopped && !this.#store.engine().signedOut) {
      const id = this.#ready.shift();
      if (id === undefined) return;
      const entry = this.#queue.entry(id);
      if (entry?.run === null && this.#store.current(id)?.phase === "queued") this.#start(entry);
    }
  }

  /** End the work on a file, whose phase says why. */
  interrupt(id: string): void {
    this.#queue.entry(id)?.run?.controller.abort();
  }

  /** The user's session ended: everything waits for the next one. */
  signOut(): void {
    this.#store.setEngine({ signedOut: true });
    for (const { id, phase } of [...this.#store.all()]) {
      if (!isActive(phase) && phase !== "queued") continue;
      this.#queue.dispatch(id, { type: "interrupted" });
      this.interrupt(id);
    }
  }

  /** End all work, and wait until it has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const runs = [...this.#queue.entries()].flatMap(({ run }) => run ?? []);
    for (const { controller } of runs) controller.abort();
    await Promise.all(runs.map(({ ended }) => ended));
  }

  #start(entry: QueueEntry): void {
    if (entry.source === null) {
      this.#queue.dispatch(entry.id, { type: "file_missing", hasHandle: entry.handle !== null });
      return;
    }
    const controller = new AbortController();
    this.#running += 1;
    const ended = runFile(entry, this.#context, controller.signal)
      .catch((error: unknown) => {
        if (!controller.signal.aborted) this.#fail(entry.id, error);
      })
      .finally(() => {
        entry.run = null;
        this.#running -= 1;
        this.enqueue(entry.id);
        this.pump();
      });
    entry.run = { controller, ended };
  }

  #fail(id: string, error: unknown): void {
    if (isUnauthorized(error)) {
      this.signOut();
      return;
    }
    const problem = toProblem(error);
    if (problem.code === "quota_exceeded") this.#onQuotaExceeded();
    this.#queue.dispatch(id, { type: "failed", problem });
  }
}

function toProblem(error: unknown): UploadProblem {
  if (error instanceof ApiProblem || error instanceof LocalProblem) {
    return { code: error.code, message: error.message };
  }
  if (error instanceof FileUnreadable) return { code: "file_unreadable", message: error.message };
  return { code: "unexpected", message: error instanceof Error ? error.message : String(error) };
}

/** A queue whose length does not slow its head down. */
class ReadyList {
  #ids: string[] = [];
  #head = 0;

  push(id: string): void {
    this.#ids.push(id);
  }

  shift(): string | undefined {
    const id = this.#ids[this.#head];
    if (id === undefined) return undefined;
    this.#head += 1;
    if (this.#head > 1000 && this.#head * 2 > this.#ids.length) {
      this.#ids = this.#ids.slice(this.#head);
      this.#head = 0;
    }
    return id;
  }
}
