/** What the engine knows of a file beside what people see, and its record. */

import type { Lane } from "./api-port";
import { FileUnreadable } from "./api-port";
import type { FileSource, KeptHandle } from "./file-source";
import { isFinal, newItem, type UploadItem } from "./model";
import type { UploadRecord } from "./records";

export interface Run {
  readonly controller: AbortController;
  /** Settles when nothing of it goes on any more; never rejects. */
  readonly ended: Promise<void>;
}

export interface QueueEntry {
  readonly id: string;
  readonly order: number;
  readonly albumId: string | null;
  readonly lane: Lane;
  readonly type: string;
  /** Null while the file of an earlier visit has not been chosen again. */
  source: FileSource | null;
  sidecar: FileSource | null;
  /** Of an earlier visit, while reading it is not allowed yet. */
  handle: KeptHandle | null;
  sidecarHandle: KeptHandle | null;
  /** Whether it came with a sidecar, also where that is out of reach now. */
  hasSidecar: boolean;
  /** Whether the file was chosen again, so that only its digest shows that it is the same. */
  unverified: boolean;
  run: Run | null;
}

/** Return the record of a file that is not done, null for one that needs none. */
export function toRecord(item: UploadItem, entry: QueueEntry, tab: string): UploadRecord | null {
  if (isFinal(item.phase)) return null;
  return {
    id: item.id,
    tab,
    order: entry.order,
    name: item.name,
    folder: item.folder,
    size: item.size,
    modified: item.modified,
    type: entry.type,
    digest: item.digest,
    uploadId: item.uploadId,
    photoId: item.photoId,
    decision: item.decision,
    albumId: entry.albumId,
    lane: entry.lane,
    handle: entry.source?.handle ?? entry.handle,
    sidecarHandle: entry.sidecar?.handle ?? entry.sidecarHandle,
    hasSidecar: entry.hasSidecar,
    paused: item.phase === "paused",
    cancelling: item.phase === "cancelling",
    problem: item.problem,
  };
}

/** Whether the records of the two would differ. */
export function changesRecord(before: UploadItem, after: UploadItem): boolean {
  const kind = ({ phase }: UploadItem) =>
    isFinal(phase) || phase === "paused" || phase === "cancelling" ? phase : "";
  return (
    kind(before) !== kind(after) ||
    before.digest !== after.digest ||
    before.uploadId !== after.uploadId ||
    before.photoId !== after.photoId ||
    before.decision !== after.decision ||
    before.problem !== after.problem ||
    before.size !== after.size ||
    before.modified !== after.modified
  );
}

export function entryOf(record: UploadRecord): QueueEntry {
  const { id, order, albumId, lane, type, handle, sidecarHandle, hasSidecar } = record;
  const rest = { source: null, sidecar: null, unverified: false, run: null };
  return { id, order, albumId, lane, type, handle, sidecarHandle, hasSidecar, ...rest };
}

/** Return the file of a record. It has no source, and without one it cannot go on. */
export function itemOf(record: UploadRecord): UploadItem {
  const { digest, uploadId, photoId, problem } = record;
  const item = newItem(record);
  const bytesHashed = digest === null ? 0 : item.size;
  const stopped = record.paused ? "paused" : "needs_file";
  return {
    ...item,
    phase: problem === null ? stopped : "failed",
    hasHandle: record.handle !== null,
    digest,
    uploadId,
    photoId,
    problem,
    bytesHashed,
  };
}

/** Return a source that opens the handle of a record; the file is as large as it was. */
export function sourceOfKept(handle: KeptHandle, item: UploadItem, type: string): FileSource {
  const { name, folder, size, modified } = item;
  const open = async () => {
    try {
      return await handle.getFile();
    } catch (error) {
      throw new FileUnreadable("The file cannot be read.", { cause: error });
    }
  };
  return { name, folder, size, modified, type, handle, open };
}

/** What makes a file that is chosen again the same, until its digest is known. */
export function likenessOf(file: {
  readonly name: string;
  readonly size: number;
  readonly modified: number;
}): string {
  return `${file.name}\n${String(file.size)}\n${String(file.modified)}`;
}
