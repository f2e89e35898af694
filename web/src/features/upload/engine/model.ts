/** One file of the upload queue, as people see it. */

/**
 * ```
 * queued ─► hashing ─► checking ─► queued ─► uploading ─► completing ─► stored
 *                         │                     │
 *                         └──────► duplicate ◄──┘  ─► skipped, or queued again
 * ```
 *
 * Every phase before `completing` can be paused, every phase that is not final cancelled. What is
 * interrupted goes back to `queued`; a digest and a session that exist by then are used again.
 */
export type Phase =
  /** Of an earlier visit: waits until the file is chosen again, or reading it is allowed. */
  | "needs_file"
  /** Waits for its turn. */
  | "queued"
  | "hashing"
  /** Asks whether the library has these bytes. */
  | "checking"
  /** The library has these bytes, and a person decides. */
  | "duplicate"
  | "uploading"
  | "paused"
  /** All bytes have been sent, and the receipt is outstanding. */
  | "completing"
  /** The server is being told, or has been asked whether the photo exists already. */
  | "cancelling"
  /** The durable receipt is there. */
  | "stored"
  /** Not sent, since the library has these bytes. */
  | "skipped"
  | "failed"
  | "cancelled";

export const PHASES: readonly Phase[] = [
  "needs_file",
  "queued",
  "hashing",
  "checking",
  "duplicate",
  "uploading",
  "paused",
  "completing",
  "cancelling",
  "stored",
  "skipped",
  "failed",
  "cancelled",
];

/** What happens to a file whose bytes the library has. */
export type Decision = "skip" | "keep" | "replace";

/** Proof that storage holds the whole file and the photo is on record. */
export interface Receipt {
  readonly photoId: string;
  /** The photo that had these bytes first, where the upload made none. */
  readonly duplicateOf: string | null;
}

/** A failure, with the stable code to translate and the words to fall back on. */
export interface UploadProblem {
  readonly code: string;
  readonly message: string;
}

export type WaitReason =
  /** The browser says that there is no network. */
  | "offline"
  /** No response came. */
  | "unreachable"
  /** The server answered that it cannot serve at the moment. */
  | "unavailable"
  /** The server said when to come again. */
  | "rate_limited"
  /** The same bytes are being uploaded by another tab, or by another file of this one. */
  | "same_bytes";

export interface Waiting {
  readonly reason: WaitReason;
  /** When the next attempt begins, in milliseconds of the epoch; null where nobody knows. */
  readonly until: number | null;
}

export interface UploadItem {
  readonly id: string;
  readonly name: string;
  /** The folder that it was found in, with `/` between its parts; empty for none. */
  readonly folder: string;
  readonly size: number;
  /** `File.lastModified`. */
  readonly modified: number;
  readonly phase: Phase;
  /** Bytes read for the digest. */
  readonly bytesHashed: number;
  /** Bytes on their way or in storage; never falls while the session is the same. */
  readonly bytesSent: number;
  /** SHA-256 in lower-case hexadecimal. */
  readonly digest: string | null;
  /** The session on the server. */
  readonly uploadId: string | null;
  /** The photo that the upload makes or that has these bytes. */
  readonly photoId: string | null;
  /** What to do where the library has these bytes; null to ask. */
  readonly decision: Decision | null;
  readonly receipt: Receipt | null;
  readonly problem: UploadProblem | null;
  readonly waiting: Waiting | null;
  /** What is wrong although the photo is stored: its sidecar was refused. */
  readonly note: UploadProblem | null;
  /** In `needs_file`: whether a file handle was kept, so that consent is enough. */
  readonly hasHandle: boolean;
}

export interface NewItem {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  readonly size: number;
  readonly modified: number;
  readonly decision: Decision | null;
}

export function newItem(file: NewItem): UploadItem {
  const { id, name, folder, size, modified, decision } = file;
  return {
    id,
    name,
    folder,
    size,
    modified,
    decision,
    phase: "queued",
    bytesHashed: 0,
    bytesSent: 0,
    digest: null,
    uploadId: null,
    photoId: null,
    receipt: null,
    problem: null,
    waiting: null,
    note: null,
    hasHandle: false,
  };
}

const FINAL: ReadonlySet<Phase> = new Set<Phase>(["stored", "skipped", "cancelled"]);
const ACTIVE: ReadonlySet<Phase> = new Set<Phase>([
  "hashing",
  "checking",
  "uploading",
  "completing",
]);

/** Whether nothing can happen to the file any more. */
export function isFinal(phase: Phase): boolean {
  return FINAL.has(phase);
}

/** Whether work goes on for the file at this moment. */
export function isActive(phase: Phase): boolean {
  return ACTIVE.has(phase);
}

export function canPause(phase: Phase): boolean {
  return phase === "queued" || (isActive(phase) && phase !== "completing");
}

export function canCancel(phase: Phase): boolean {
  return !isFinal(phase) && phase !== "cancelling";
}
