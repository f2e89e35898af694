/** Digests beside the main thread: a few workers that compute one digest each at a time. */

import { FileUnreadable } from "./api-port";
import type { Digests } from "./digests";
import { Slots } from "./slots";

/** `file` is null to stop what runs. */
export interface DigestRequest {
  readonly id: number;
  readonly file: Blob | null;
}

export type DigestReply =
  | { readonly id: number; readonly type: "bytes"; readonly bytes: number }
  | { readonly id: number; readonly type: "digest"; readonly digest: string }
  | { readonly id: number; readonly type: "error"; readonly unreadable: boolean };

/**
 * The caller makes the worker, since under Trusted Types its address has to pass a policy of the
 * page, and since bundlers look for the literal.
 */
export class WorkerDigests implements Digests {
  readonly #createWorker: () => Worker;
  readonly #slots: Slots;
  readonly #idle: Worker[] = [];
  readonly #workers = new Set<Worker>();
  #lastId = 0;

  constructor(createWorker: () => Worker, count = 2) {
    this.#createWorker = createWorker;
    this.#slots = new Slots(count);
  }

  async sha256(file: Blob, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<string> {
    return await this.#slots.run(signal, async () => {
      const worker = this.#idle.pop() ?? this.#start();
      try {
        return await this.#ask(worker, file, onBytes, signal);
      } finally {
        if (this.#workers.has(worker)) this.#idle.push(worker);
      }
    });
  }

  close(): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers.clear();
    this.#idle.length = 0;
  }

  #start(): Worker {
    const worker = this.#createWorker();
    this.#workers.add(worker);
    return worker;
  }

  async #ask(
    worker: Worker,
    file: Blob,
    onBytes: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<string> {
    signal.throwIfAborted();
    this.#lastId += 1;
    const id = this.#lastId;
    const listening = new AbortController();
    try {
      return await new Promise<string>((resolve, reject) => {
        const options = { signal: listening.signal };
        worker.addEventListener(
          "message",
          ({ data }: MessageEvent<DigestReply>) => {
            if (data.id !== id) return;
            if (data.type === "bytes") onBytes(data.bytes);
            else if (data.type === "digest") resolve(data.digest);
            else reject(failure(data.unreadable));
          },
          options,
        );
        worker.addEventListener(
          "error",
          () => {
            // It did not start, or its memory ran out: the next file gets a new one.
            this.#workers.delete(worker);
            worker.terminate();
            reject(failure(false));
          },
          options,
        );
        signal.addEventListener(
          "abort",
          () => {
            worker.postMessage({ id, file: null } satisfies DigestRequest);
            reject(signal.reason as Error);
          },
          options,
        );
        worker.postMessage({ id, file } satisfies DigestRequest);
      });
    } finally {
      listening.abort();
    }
  }
}

function failure(unreadable: boolean): Error {
  return unreadable
    ? new FileUnreadable("The file cannot be read.")
    : new Error("The digest could not be computed.");
}
