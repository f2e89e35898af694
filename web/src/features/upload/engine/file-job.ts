/** The way of one file through the queue: digest, check, lock, transfer. */

import { type Announcement, LocalProblem } from "./api-port";
import type { DigestChecks } from "./digest-checks";
import type { Digests } from "./digests";
import { contentTypeOf } from "./file-types";
import type { Locks } from "./locks";
import type { UploadItem, Waiting } from "./model";
import type { QueueEntry } from "./queue-entry";
import type { Quota } from "./quota";
import { type Outcome, type ShipmentProgress, sendFile, type Transport } from "./send-file";
import type { Slots } from "./slots";
import type { UploadEvent } from "./transitions";

export interface JobContext {
  readonly ownerId: string;
  readonly digests: Digests;
  readonly checks: DigestChecks;
  readonly locks: Locks;
  readonly quota: Quota;
  readonly transport: Transport;
  readonly hashSlots: Slots;
  readonly fileSlots: Slots;
  dispatch(id: string, event: UploadEvent): void;
  current(id: string): UploadItem;
  transferred(bytes: number): void;
  /** Take the session of an earlier visit's file that has the same bytes under another name. */
  adoptSession(id: string, digest: string): void;
  /** End a session that no file belongs to any more. */
  discard(uploadId: string): void;
}

/**
 * Work on a file that is `queued` until it is stored, skipped, or has to be decided. Rejects with
 * what it failed by. May be repeated from any point: digest and session are used again.
 */
export async function runFile(
  entry: QueueEntry,
  context: JobContext,
  signal: AbortSignal,
): Promise<void> {
  await new FileJob(entry, context, signal).run();
}

class FileJob {
  readonly #entry: QueueEntry;
  readonly #context: JobContext;
  readonly #signal: AbortSignal;

  constructor(entry: QueueEntry, context: JobContext, signal: AbortSignal) {
    this.#entry = entry;
    this.#context = context;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const { locks, fileSlots, ownerId } = this.#context;
    const file = await this.#open();
    this.#context.quota.checkSize(file.size);
    const digest = await this.#digest(file);
    if (await this.#isDuplicate(digest)) return;
    this.#dispatch({ type: "new_bytes" });
    const onContended = () => {
      this.#wait({ reason: "same_bytes", until: null });
    };
    // The lock comes before the slot, so that a slot is held by nobody who waits for a lock.
    await locks.hold(`pichaven-upload:${ownerId}:${digest}`, this.#signal, onContended, () => {
      this.#wait(null);
      return fileSlots.run(this.#signal, () => this.#send(digest));
    });
  }

  /** Open the file, which may have changed since it was added. */
  async #open(): Promise<File> {
    const { source } = this.#entry;
    if (source === null) throw new LocalProblem("file_unreadable", "Choose the file again.");
    const file = await source.open();
    this.#signal.throwIfAborted();
    const { size, modified, uploadId } = this.#item();
    if (file.size !== size || file.lastModified !== modified) {
      this.#dispatch({ type: "file_changed", size: file.size, modified: file.lastModified });
      if (uploadId !== null) this.#context.discard(uploadId);
    }
    return file;
  }

  async #digest(file: File): Promise<string> {
    const { digest: before, uploadId } = this.#item();
    if (before !== null && !this.#entry.unverified) return before;
    const digest = await this.#context.hashSlots.run(this.#signal, async () => {
      this.#dispatch({ type: "hash_started" });
      const onBytes = (bytes: number) => {
        this.#dispatch({ type: "hashed", bytes });
      };
      return await this.#context.digests.sha256(file, onBytes, this.#signal);
    });
    this.#signal.throwIfAborted();
    this.#entry.unverified = false;
    this.#dispatch({ type: "digest", digest });
    if (uploadId !== null && this.#item().uploadId === null) this.#context.discard(uploadId);
    return digest;
  }

  /** Whether the library has these bytes and nothing is to be sent, for now or at all. */
  async #isDuplicate(digest: string): Promise<boolean> {
    if (this.#item().uploadId === null) this.#context.adoptSession(this.#entry.id, digest);
    const { decision, uploadId } = this.#item();
    if (uploadId !== null || decision === "keep" || decision === "replace") return false;
    this.#dispatch({ type: "check_started" });
    const photoId = await this.#context.transport.retrier.run(
      () => this.#context.checks.photoWith(digest, this.#signal),
      { signal: this.#signal, onWaiting: this.#wait },
    );
    if (photoId === null) return false;
    this.#end({ type: "duplicate", photoId });
    return true;
  }

  async #send(digest: string): Promise<void> {
    // Time has passed since the file was looked at, and its bytes are what is sent now.
    const before = this.#item().digest;
    const file = await this.#open();
    const { uploadId, digest: now } = this.#item();
    if (now !== before) return;
    if (uploadId === null) await this.#context.quota.checkSpace(file.size, this.#signal);
    this.#dispatch({ type: "upload_started" });
    const { sidecar } = this.#entry;
    const announcement = this.#announce(file, digest);
    const shipment = { file, sidecar, announcement, uploadId, signal: this.#signal };
    this.#end(await sendFile(shipment, this.#context.transport, this.#progress(file.size)));
  }

  #announce(file: File, sha256: string): Announcement {
    const { albumId, lane, type } = this.#entry;
    return {
      filename: file.name,
      size: file.size,
      contentType: contentTypeOf(file.name, type),
      sha256,
      albumId,
      onDuplicate: this.#item().decision ?? "skip",
      lane,
    };
  }

  #end(outcome: Outcome): void {
    if (outcome.type === "receipt") this.#dispatch(outcome);
    else if (this.#item().decision === null) this.#dispatch(outcome);
    else this.#dispatch({ type: "skipped", photoId: outcome.photoId });
  }

  #progress(size: number): ShipmentProgress {
    return {
      opened: (uploadId, photoId) => {
        this.#context.quota.reserved(size);
        this.#dispatch({ type: "opened", uploadId, photoId });
      },
      sent: (bytes) => {
        this.#dispatch({ type: "sent", bytes });
      },
      transferred: (bytes) => {
        this.#context.transferred(bytes);
      },
      sessionLost: () => {
        this.#dispatch({ type: "session_lost" });
      },
      completing: () => {
        this.#dispatch({ type: "complete_started" });
      },
      partsLost: () => {
        this.#dispatch({ type: "parts_lost" });
      },
      noted: (note) => {
        this.#dispatch({ type: "noted", note });
      },
      waiting: this.#wait,
    };
  }

  readonly #wait = (waiting: Waiting | null): void => {
    this.#dispatch({ type: "waiting", waiting });
  };

  /** A run that was ended changes nothing more, but for what the server has done already. */
  #dispatch(event: UploadEvent): void {
    const binding = event.type === "opened" || event.type === "receipt";
    if (this.#signal.aborted && !binding) return;
    this.#context.dispatch(this.#entry.id, event);
  }

  #item(): UploadItem {
    return this.#context.current(this.#entry.id);
  }
}
