/** One file from its announcement to the receipt, whatever is there of it already. */

import type { Announcement, SessionStatus } from "./api-port";
import { ApiProblem, FileUnreadable } from "./api-port";
import type { FileSource } from "./file-source";
import { newId } from "./ids";
import type { Receipt, UploadProblem, Waiting } from "./model";
import type { Gate } from "./retry";
import { type PartProgress, type PartTransport, type Session, sendParts } from "./send-parts";
import { receiptOf } from "./sessions";

/** How often a file is begun again, since storage or the server lost what was there of it. */
const LOSSES = 3;
const SIDECAR_REFUSALS: ReadonlySet<string> = new Set([
  "body_too_large",
  "invalid_sidecar",
  "sidecar_too_large",
]);
/** Codes that mean: the parts in storage are not the ones that were sent. */
const LOST_PARTS: ReadonlySet<string> = new Set(["parts_missing", "invalid_parts"]);
/** Codes that mean: ask in which state the upload is. */
const ENDED: ReadonlySet<string> = new Set(["upload_ended", "not_found"]);

export interface Shipment {
  readonly file: File;
  readonly sidecar: FileSource | null;
  readonly announcement: Announcement;
  /** Of a session that was begun earlier. */
  readonly uploadId: string | null;
  readonly signal: AbortSignal;
}

/** What the shipment reports while it goes on. */
export interface ShipmentProgress extends PartProgress {
  opened(uploadId: string, photoId: string): void;
  sessionLost(): void;
  completing(): void;
  partsLost(): void;
  noted(note: UploadProblem): void;
  waiting(waiting: Waiting | null): void;
}

export interface Transport extends PartTransport {
  /** When uploads may be opened again, after the server refused one for now. */
  readonly openGate: Gate;
}

export type Outcome =
  | { readonly type: "receipt"; readonly receipt: Receipt }
  | { readonly type: "duplicate"; readonly photoId: string };

/** Rejects with `ApiProblem`, `FileUnreadable`, or the signal's reason. */
export async function sendFile(
  shipment: Shipment,
  transport: Transport,
  progress: ShipmentProgress,
): Promise<Outcome> {
  const run = new FileRun(shipment, transport, progress);
  for (let losses = 0; ; losses += 1) {
    try {
      return await run.attempt();
    } catch (error) {
      if (losses === LOSSES || !run.canGoOnAfter(error)) throw error;
    }
  }
}

class FileRun {
  readonly #shipment: Shipment;
  readonly #transport: Transport;
  readonly #progress: ShipmentProgress;
  #uploadId: string | null;

  constructor(shipment: Shipment, transport: Transport, progress: ShipmentProgress) {
    this.#shipment = shipment;
    this.#transport = transport;
    this.#progress = progress;
    this.#uploadId = shipment.uploadId;
  }

  async attempt(): Promise<Outcome> {
    const begun = this.#uploadId === null ? await this.#open() : await this.#resume(this.#uploadId);
    if ("type" in begun) return begun;
    const { file, signal } = this.#shipment;
    const parts = await sendParts(file, begun, this.#transport, this.#progress, {
      signal,
      onWaiting: this.#progress.waiting,
    });
    await this.#attachSidecar(begun.uploadId);
    this.#progress.completing();
    const receipt = await this.#request(() =>
      this.#transport.api.complete(begun.uploadId, parts, signal),
    );
    return { type: "receipt", receipt };
  }

  /** Whether the next attempt may succeed: it asks the server what is there. */
  canGoOnAfter(error: unknown): boolean {
    if (!(error instanceof ApiProblem)) return false;
    const lost = error.code === "storage_refused" && error.status === 404;
    if (lost || LOST_PARTS.has(error.code)) {
      this.#progress.partsLost();
      return true;
    }
    return ENDED.has(error.code) && this.#uploadId !== null;
  }

  async #open(): Promise<Session | Outcome> {
    const { api, openGate: gate } = this.#transport;
    const { announcement, signal } = this.#shipment;
    let key = newId();
    const open = async () => {
      try {
        return await api.open(announcement, key);
      } catch (error) {
        // The first request was carried out, and its session comes back for the same file.
        if (error instanceof ApiProblem && error.code === "response_not_kept") key = newId();
        throw error;
      }
    };
    const opened = await this.#request(open, gate);
    if ("duplicateOf" in opened) return { type: "duplicate", photoId: opened.duplicateOf };
    this.#uploadId = opened.uploadId;
    this.#progress.opened(opened.uploadId, opened.photoId);
    signal.throwIfAborted();
    const { uploadId, partSize, urls } = opened;
    // An unfinished upload of the same file: its ETags are needed to complete it.
    if (opened.received.length > 0) return await this.#resume(uploadId);
    return { uploadId, partSize, urls, received: [] };
  }

  async #resume(uploadId: string): Promise<Session | Outcome> {
    const status = await this.#inspect(uploadId);
    if (status === null) return await this.#openAnew();
    switch (status.state) {
      case "open":
        return { uploadId, partSize: status.partSize, urls: [], received: status.received };
      case "accepted":
        return { type: "receipt", receipt: receiptOf(status) };
      case "failed":
      case "completing":
      case "cancelled":
      case "expired":
        return await this.#openAnew();
    }
  }

  /** Return null where the server does not know the upload. */
  async #inspect(uploadId: string): Promise<SessionStatus | null> {
    const { api } = this.#transport;
    try {
      return await this.#request(async () => {
        const status = await api.inspect(uploadId, this.#shipment.signal);
        if (status.state !== "completing") return status;
        // Another request assembles the object; each look at it brings it further.
        throw new ApiProblem(409, "upload_completing", "The upload is being completed.");
      });
    } catch (error) {
      if (error instanceof ApiProblem && error.code === "not_found") return null;
      throw error;
    }
  }

  async #openAnew(): Promise<Session | Outcome> {
    this.#uploadId = null;
    this.#progress.sessionLost();
    return await this.#open();
  }

  /** A photo goes without a sidecar that is refused or cannot be read, and says so. */
  async #attachSidecar(uploadId: string): Promise<void> {
    const { sidecar, signal } = this.#shipment;
    if (sidecar === null) return;
    try {
      const file = await sidecar.open();
      const bytes = new Blob([await file.arrayBuffer().catch(unreadable)]);
      await this.#request(() => this.#transport.api.attachSidecar(uploadId, bytes, signal));
    } catch (error) {
      const refused = error instanceof ApiProblem && SIDECAR_REFUSALS.has(error.code);
      if (error instanceof FileUnreadable) {
        this.#progress.noted({ code: "sidecar_unreadable", message: error.message });
      } else if (refused) {
        this.#progress.noted({ code: error.code, message: error.message });
      } else {
        throw error;
      }
    }
  }

  async #request<T>(attempt: () => Promise<T>, gate?: Gate): Promise<T> {
    const { signal } = this.#shipment;
    const onWaiting = this.#progress.waiting;
    const options = gate === undefined ? { signal, onWaiting } : { signal, onWaiting, gate };
    return await this.#transport.retrier.run(attempt, options);
  }
}

function unreadable(cause: unknown): never {
  throw new FileUnreadable("The sidecar cannot be read.", { cause });
}
