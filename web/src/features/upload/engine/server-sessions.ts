/** What is settled with the server alone, beside the files that are worked on. */

import { isUnauthorized, type UploadApi } from "./api-port";
import type { Receipt, Waiting } from "./model";
import type { Retrier } from "./retry";
import { endSession, finishSession } from "./sessions";
import { Slots } from "./slots";
import type { UploadQueue } from "./upload-queue";
import type { UploadStore } from "./upload-store";

const AT_ONCE = 4;

export class ServerSessions {
  readonly #store: UploadStore;
  readonly #queue: UploadQueue;
  readonly #api: UploadApi;
  readonly #retrier: Retrier;
  readonly #signal: AbortSignal;
  readonly #onSignedOut: () => void;
  readonly #slots = new Slots(AT_ONCE);

  constructor(
    store: UploadStore,
    queue: UploadQueue,
    api: UploadApi,
    retrier: Retrier,
    surroundings: { readonly signal: AbortSignal; readonly onSignedOut: () => void },
  ) {
    this.#store = store;
    this.#queue = queue;
    this.#api = api;
    this.#retrier = retrier;
    this.#signal = surroundings.signal;
    this.#onSignedOut = surroundings.onSignedOut;
  }

  /** End the session of a file in `cancelling`; its photo may turn out to exist already. */
  async cancel(id: string): Promise<void> {
    await this.#queue.entry(id)?.run?.ended;
    const item = this.#store.current(id);
    if (item?.phase !== "cancelling") return;
    try {
      const receipt = item.uploadId === null ? null : await this.#end(item.uploadId, id);
      if (receipt === null) this.#queue.dispatch(id, { type: "cancelled" });
      else this.#queue.dispatch(id, { type: "receipt", receipt });
    } catch (error) {
      if (isUnauthorized(error)) this.#onSignedOut();
      // The server ends what it would not cancel after a day.
      else if (!this.#signal.aborted) this.#queue.dispatch(id, { type: "cancelled" });
    }
  }

  /** Of a file whose bytes have all arrived in an earlier visit, only the receipt is missing. */
  async finish(id: string): Promise<void> {
    const item = this.#store.current(id);
    if (item?.uploadId == null) return;
    const { uploadId } = item;
    const size = this.#queue.entry(id)?.hasSidecar === true ? null : item.size;
    const options = { signal: this.#signal, onWaiting: () => undefined };
    try {
      const receipt = await this.#slots.run(this.#signal, () =>
        finishSession(uploadId, size, this.#api, this.#retrier, options),
      );
      if (receipt !== null) this.#queue.dispatch(id, { type: "receipt", receipt });
    } catch (error) {
      if (isUnauthorized(error)) this.#onSignedOut();
    }
  }

  /** End a session that no file belongs to any more. */
  discard(uploadId: string): void {
    void this.#end(uploadId, null).catch(() => undefined);
  }

  async #end(uploadId: string, id: string | null): Promise<Receipt | null> {
    const onWaiting = (waiting: Waiting | null) => {
      if (id !== null) this.#queue.dispatch(id, { type: "waiting", waiting });
    };
    return await this.#slots.run(this.#signal, () =>
      endSession(uploadId, this.#api, this.#retrier, { signal: this.#signal, onWaiting }),
    );
  }
}
