/** The files of the queue and their records: everything but the work on them. */

import type { FoundFile } from "./file-source";
import { newId } from "./ids";
import { isFinal, newItem, type UploadItem } from "./model";
import { type AddOptions, laneFor } from "./options";
import type { QueueEntry } from "./queue-entry";
import { changesRecord, entryOf, itemOf, likenessOf, sourceOfKept, toRecord } from "./queue-entry";
import { RecordJournal, type UploadRecord, type UploadRecords } from "./records";
import type { UploadEvent } from "./transitions";
import type { UploadStore } from "./upload-store";

export class UploadQueue {
  readonly tab = newId();
  readonly #store: UploadStore;
  readonly #journal: RecordJournal | null;
  readonly #onStored: (photoId: string) => void;
  readonly #entries = new Map<string, QueueEntry>();
  /** Ids of unfinished files by their likeness; several where folders have like files. */
  readonly #alike = new Map<string, readonly string[]>();
  #lastOrder = 0;

  constructor(
    store: UploadStore,
    records: UploadRecords | null,
    onStored: (photoId: string) => void,
  ) {
    this.#store = store;
    this.#onStored = onStored;
    this.#journal =
      records &&
      new RecordJournal(records, () => {
        store.setEngine({ persistent: false });
      });
  }

  entry(id: string): QueueEntry | undefined {
    return this.#entries.get(id);
  }

  *entries(): IterableIterator<QueueEntry> {
    yield* this.#entries.values();
  }

  dispatch(id: string, event: UploadEvent): UploadItem | undefined {
    const change = this.#store.dispatch(id, event);
    if (change === null) return undefined;
    const [before, after] = change;
    if (changesRecord(before, after)) this.save(id);
    if (before.size !== after.size || before.modified !== after.modified) {
      this.#forgetLikeness(before);
      this.#rememberLikeness(after);
    }
    if (isFinal(after.phase) && !isFinal(before.phase)) {
      this.#forgetLikeness(before);
      // Nothing of a file that is done is kept but its row.
      const entry = this.#entries.get(id);
      if (entry !== undefined) this.#release(entry);
      if (after.receipt !== null) this.#onStored(after.receipt.photoId);
    }
    return after;
  }

  /** Add a file; return its id, null where it is in the queue already and needs nothing. */
  add(found: FoundFile, options: AddOptions, filesOfAddition: number): string | null {
    const { source, sidecar } = found;
    const like = this.#findAlike(source);
    if (like !== undefined) return this.#renew(like, found);
    const { onDuplicate = "ask" } = options;
    const decision = onDuplicate === "ask" ? null : onDuplicate;
    const { name, folder, size, modified, type } = source;
    const id = newId();
    const item = newItem({ id, name, folder, size, modified, decision });
    this.#put(item, {
      id,
      order: this.#nextOrder(),
      albumId: options.albumId ?? null,
      lane: laneFor(filesOfAddition),
      type,
      source,
      sidecar,
      handle: null,
      sidecarHandle: null,
      hasSidecar: sidecar !== null,
      unverified: false,
      run: null,
    });
    this.save(id);
    return id;
  }

  /** Take the file of a record; it needs its source before it can go on. */
  restore(record: UploadRecord): QueueEntry {
    const entry = { ...entryOf(record), order: this.#nextOrder() };
    this.#put(itemOf(record), entry);
    // The record now belongs to this tab.
    this.save(record.id);
    // What was wanted of it still is.
    if (record.cancelling) this.dispatch(record.id, { type: "cancel" });
    return entry;
  }

  /** Go on with a kept handle, which may be read now. */
  readFromHandle(entry: QueueEntry): void {
    const item = this.#store.current(entry.id);
    if (entry.handle === null || item === undefined) return;
    entry.source = sourceOfKept(entry.handle, item, entry.type);
    entry.handle = null;
    if (entry.sidecarHandle !== null) {
      entry.sidecar = sourceOfKept(entry.sidecarHandle, item, "");
      entry.sidecarHandle = null;
    }
    this.dispatch(entry.id, { type: "file_present" });
  }

  /** Another file of the queue, of an earlier visit, that waits for these bytes. */
  findWaiting(id: string, digest: string): UploadItem | undefined {
    if (this.#store.count("needs_file") === 0) return undefined;
    for (const item of this.#store.all()) {
      const same = item.digest === digest && item.uploadId !== null;
      if (same && item.phase === "needs_file" && item.id !== id) return item;
    }
    return undefined;
  }

  remove(id: string): void {
    const item = this.#store.current(id);
    if (item !== undefined) this.#forgetLikeness(item);
    this.#entries.delete(id);
    this.#store.remove(id);
    this.#journal?.delete(id);
  }

  save(id: string): void {
    const item = this.#store.current(id);
    const entry = this.#entries.get(id);
    if (this.#journal === null || item === undefined || entry === undefined) return;
    const record = toRecord(item, entry, this.tab);
    if (record === null) this.#journal.delete(id);
    else this.#journal.put(record);
  }

  /** Wait until the records are written. */
  async flush(): Promise<void> {
    await this.#journal?.flush();
  }

  #put(item: UploadItem, entry: QueueEntry): void {
    this.#entries.set(item.id, entry);
    this.#store.add(item);
    this.#rememberLikeness(item);
  }

  /** The same file was chosen again: it is what a file of an earlier visit waits for. */
  #renew(item: UploadItem, { source, sidecar }: FoundFile): string | null {
    const entry = this.#entries.get(item.id);
    if (entry === undefined || (entry.source !== null && item.phase !== "failed")) return null;
    entry.source = source;
    entry.sidecar = sidecar;
    entry.handle = null;
    entry.sidecarHandle = null;
    entry.hasSidecar ||= sidecar !== null;
    entry.unverified = true;
    const event = item.phase === "failed" ? "retry" : "file_present";
    this.dispatch(item.id, { type: event });
    this.save(item.id);
    return item.id;
  }

  #findAlike(file: FoundFile["source"]): UploadItem | undefined {
    const ids = this.#alike.get(likenessOf(file)) ?? [];
    const items = ids.flatMap((id) => this.#store.current(id) ?? []);
    // A file chosen by itself does not say which folder it is in.
    const waiting = items.find((item) => item.phase === "needs_file");
    return items.find((item) => item.folder === file.folder) ?? waiting;
  }

  #rememberLikeness(item: UploadItem): void {
    const likeness = likenessOf(item);
    this.#alike.set(likeness, [...(this.#alike.get(likeness) ?? []), item.id]);
  }

  #forgetLikeness(item: UploadItem): void {
    const likeness = likenessOf(item);
    const others = (this.#alike.get(likeness) ?? []).filter((id) => id !== item.id);
    if (others.length === 0) this.#alike.delete(likeness);
    else this.#alike.set(likeness, others);
  }

  #nextOrder(): number {
    this.#lastOrder += 1;
    return this.#lastOrder;
  }

  #release(entry: QueueEntry): void {
    entry.source = null;
    entry.sidecar = null;
    entry.handle = null;
    entry.sidecarHandle = null;
  }
}
