/** The owner's space, known before a file is announced. */

import { LocalProblem, type UploadApi, type Usage } from "./api-port";
import type { Clock } from "./clock";

/** So old a usage may be before a file is refused by it. */
const FRESH = 5_000;

export class Quota {
  readonly #api: Pick<UploadApi, "usage">;
  readonly #clock: Clock;
  readonly #onChange: (usage: { bytesFree: number; maxFileBytes: number }) => void;
  #usage: Usage | null = null;
  #readAt = 0;
  #bytesFree = 0;
  #reading: Promise<void> | null = null;

  constructor(
    api: Pick<UploadApi, "usage">,
    clock: Clock,
    onChange: (usage: { bytesFree: number; maxFileBytes: number }) => void,
  ) {
    this.#api = api;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Read the usage. It stays as it was where the server does not answer. */
  async refresh(signal: AbortSignal): Promise<void> {
    this.#reading ??= this.#read(signal).finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  /** Refuse what no server would take. Rejects with `LocalProblem`. */
  checkSize(size: number): void {
    if (size === 0) throw new LocalProblem("empty_file", "The file has no bytes.");
    const limit = this.#usage?.maxFileBytes ?? Number.POSITIVE_INFINITY;
    if (size > limit) {
      throw new LocalProblem("file_too_large", `A file may have ${String(limit)} bytes at most.`);
    }
  }

  /** Rejects with `LocalProblem` where a usage of this moment has no room for the file. */
  async checkSpace(size: number, signal: AbortSignal): Promise<void> {
    if (this.#usage === null || size <= this.#bytesFree) return;
    if (this.#clock.now() - this.#readAt > FRESH) await this.refresh(signal);
    if (size <= this.#bytesFree) return;
    throw new LocalProblem(
      "quota_exceeded",
      `${String(Math.max(0, this.#bytesFree))} bytes are free, and the file has ${String(size)}.`,
    );
  }

  /** A session reserves the bytes of its file. */
  reserved(size: number): void {
    if (this.#usage !== null) this.#set(this.#usage, this.#bytesFree - size);
  }

  async #read(signal: AbortSignal): Promise<void> {
    try {
      const usage = await this.#api.usage(signal);
      this.#readAt = this.#clock.now();
      this.#set(usage, usage.quotaBytes - usage.bytesUsed - usage.bytesReserved);
    } catch {
      // The server checks every file; this only knows it earlier.
    }
  }

  #set(usage: Usage, bytesFree: number): void {
    this.#usage = usage;
    this.#bytesFree = bytesFree;
    this.#onChange({ bytesFree: Math.max(0, bytesFree), maxFileBytes: usage.maxFileBytes });
  }
}
