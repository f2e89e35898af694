/** Asking for many digests at once: while one request runs, the next one collects. */

import { orAborted } from "./aborting";
import type { UploadApi } from "./api-port";

const MOST_DIGESTS = 1000;

interface Question {
  readonly digest: string;
  readonly resolve: (photoId: string | null) => void;
  readonly reject: (error: unknown) => void;
}

export class DigestChecks {
  readonly #api: Pick<UploadApi, "check">;
  readonly #stop = new AbortController();
  #questions: Question[] = [];
  #running = false;

  constructor(api: Pick<UploadApi, "check">) {
    this.#api = api;
  }

  /** Return the photo that has these bytes, null where the library has none. */
  async photoWith(digest: string, signal: AbortSignal): Promise<string | null> {
    signal.throwIfAborted();
    const answer = new Promise<string | null>((resolve, reject) => {
      this.#questions.push({ digest, resolve, reject });
      if (!this.#running) void this.#ask();
    });
    return await orAborted(answer, signal);
  }

  close(): void {
    this.#stop.abort();
  }

  async #ask(): Promise<void> {
    this.#running = true;
    // Files that are ready in the same moment share the first request.
    await Promise.resolve();
    while (this.#questions.length > 0) {
      const questions = this.#questions.splice(0, MOST_DIGESTS);
      try {
        const digests = [...new Set(questions.map(({ digest }) => digest))];
        const photos = await this.#api.check(digests, this.#stop.signal);
        for (const { digest, resolve } of questions) resolve(photos.get(digest) ?? null);
      } catch (error) {
        for (const { reject } of questions) reject(error);
      }
    }
    this.#running = false;
  }
}
