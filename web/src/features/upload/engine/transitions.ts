/**
 * The state machine of one file.
 *
 * `transition` is total: an event that a phase does not take leaves the file as it is, and the
 * same object is returned. So a response that arrives late changes nothing.
 */

import {
  canCancel,
  canPause,
  type Decision,
  isActive,
  isFinal,
  type Phase,
  type Receipt,
  type UploadItem,
  type UploadProblem,
  type Waiting,
} from "./model";

export type UploadEvent =
  | { readonly type: "hash_started" }
  | { readonly type: "hashed"; readonly bytes: number }
  | { readonly type: "digest"; readonly digest: string }
  | { readonly type: "check_started" }
  /** The library does not have these bytes. */
  | { readonly type: "new_bytes" }
  | { readonly type: "duplicate"; readonly photoId: string }
  | { readonly type: "decided"; readonly decision: Decision }
  | { readonly type: "skipped"; readonly photoId: string }
  | { readonly type: "upload_started" }
  | { readonly type: "opened"; readonly uploadId: string; readonly photoId: string }
  | { readonly type: "sent"; readonly bytes: number }
  /** The server no longer has the session; sending begins anew. */
  | { readonly type: "session_lost" }
  | { readonly type: "complete_started" }
  /** Storage turned out to lack parts; they are sent again in the same session. */
  | { readonly type: "parts_lost" }
  | { readonly type: "receipt"; readonly receipt: Receipt }
  | { readonly type: "failed"; readonly problem: UploadProblem }
  | { readonly type: "noted"; readonly note: UploadProblem }
  | { readonly type: "waiting"; readonly waiting: Waiting | null }
  /** The work stopped for a reason outside the file: the session of the user ended. */
  | { readonly type: "interrupted" }
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  | { readonly type: "retry" }
  | { readonly type: "cancel" }
  | { readonly type: "cancelled" }
  /** The file has other bytes than before; digest and session are not of it any more. */
  | { readonly type: "file_changed"; readonly size: number; readonly modified: number }
  | { readonly type: "file_missing"; readonly hasHandle: boolean }
  | { readonly type: "file_present" };

type Handlers = {
  readonly [Type in UploadEvent["type"]]: (
    item: UploadItem,
    event: Extract<UploadEvent, { type: Type }>,
  ) => UploadItem;
};

const HANDLERS: Handlers = {
  hash_started: (item) => from(item, ["queued"], { phase: "hashing", bytesHashed: 0 }),
  hashed: (item, { bytes }) =>
    from(item, ["hashing"], { bytesHashed: forward(item.bytesHashed, bytes, item) }),
  digest: (item, { digest }) =>
    from(item, ["hashing"], {
      digest,
      bytesHashed: item.size,
      // The session of an earlier visit was for other bytes.
      ...(item.digest === digest ? {} : WITHOUT_SESSION),
    }),
  check_started: (item) =>
    item.digest === null ? item : from(item, ["queued", "hashing"], { phase: "checking" }),
  new_bytes: (item) =>
    item.digest === null ? item : from(item, ["hashing", "checking"], { phase: "queued" }),
  duplicate: (item, { photoId }) =>
    from(item, ["checking", "uploading"], { phase: "duplicate", photoId, ...WITHOUT_SESSION }),
  decided: (item, { decision }) =>
    from(item, ["duplicate"], { phase: decision === "skip" ? "skipped" : "queued", decision }),
  skipped: (item, { photoId }) =>
    from(item, ["checking", "uploading"], { phase: "skipped", photoId, ...WITHOUT_SESSION }),
  upload_started: (item) =>
    item.digest === null ? item : from(item, ["queued"], { phase: "uploading" }),
  opened: (item, { uploadId, photoId }) => open(item, uploadId, photoId),
  sent: (item, { bytes }) =>
    item.uploadId === null
      ? item
      : from(item, ["uploading"], { bytesSent: forward(item.bytesSent, bytes, item) }),
  session_lost: (item) =>
    from(item, ["uploading", "completing"], { phase: "uploading", ...WITHOUT_SESSION }),
  complete_started: (item) =>
    item.uploadId === null || item.bytesSent < item.size
      ? item
      : from(item, ["uploading"], { phase: "completing" }),
  parts_lost: (item) => from(item, ["completing"], { phase: "uploading" }),
  receipt: (item, { receipt }) => store(item, receipt),
  failed: (item, { problem }) =>
    isActive(item.phase) || item.phase === "queued"
      ? change(item, { phase: "failed", problem })
      : item,
  noted: (item, { note }) => from(item, ["uploading", "completing"], { note }),
  waiting: (item, { waiting }) => wait(item, waiting),
  interrupted: (item) => (isActive(item.phase) ? change(item, { phase: "queued" }) : item),
  pause: (item) => (canPause(item.phase) ? change(item, { phase: "paused" }) : item),
  resume: (item) => from(item, ["paused"], { phase: "queued" }),
  retry: (item) => from(item, ["failed"], { phase: "queued", problem: null, note: null }),
  cancel: (item) => cancel(item),
  cancelled: (item) => from(item, ["cancelling"], { phase: "cancelled" }),
  file_changed: (item, { size, modified }) => changeFile(item, size, modified),
  file_missing: (item, { hasHandle }) =>
    isActive(item.phase) || item.phase === "queued" || item.phase === "paused"
      ? change(item, { phase: "needs_file", hasHandle })
      : item,
  file_present: (item) => from(item, ["needs_file"], { phase: "queued", hasHandle: false }),
};

/** Return the file after the event, or the same object where the event does not apply. */
export function transition(item: UploadItem, event: UploadEvent): UploadItem {
  // The key is the event's own type, which the compiler does not follow through a union.
  const handle = HANDLERS[event.type] as (item: UploadItem, event: UploadEvent) => UploadItem;
  return handle(item, event);
}

const WITHOUT_SESSION = { uploadId: null, bytesSent: 0, note: null } as const;

function change(item: UploadItem, changes: Partial<UploadItem>): UploadItem {
  // One spread keeps the object's shape, which matters when 50,000 files are paused at once.
  const after: Mutable = { ...item };
  // A phase that has ended waits for nothing.
  if (changes.phase !== undefined && changes.phase !== item.phase) after.waiting = null;
  return Object.assign(after, changes);
}

type Mutable = { -readonly [Key in keyof UploadItem]: UploadItem[Key] };

function from(
  item: UploadItem,
  phases: readonly Phase[],
  changes: Partial<UploadItem>,
): UploadItem {
  return phases.includes(item.phase) ? change(item, changes) : item;
}

function forward(before: number, after: number, item: UploadItem): number {
  return Math.max(before, Math.min(after, item.size));
}

/** A session that opens while the file is being cancelled is kept, to be ended too. */
function open(item: UploadItem, uploadId: string, photoId: string): UploadItem {
  if (uploadId === item.uploadId) return item;
  const taken: readonly Phase[] = ["uploading", "paused", "queued", "cancelling"];
  return from(item, taken, { ...WITHOUT_SESSION, uploadId, photoId });
}

function store(item: UploadItem, receipt: Receipt): UploadItem {
  if (item.uploadId === null) return item;
  return from(item, ["needs_file", "uploading", "completing", "cancelling"], {
    phase: "stored",
    receipt,
    photoId: receipt.photoId,
    bytesSent: item.size,
    bytesHashed: item.size,
  });
}

function wait(item: UploadItem, waiting: Waiting | null): UploadItem {
  if (waiting === null) return item.waiting === null ? item : { ...item, waiting };
  const waits = isActive(item.phase) || item.phase === "queued" || item.phase === "cancelling";
  return waits ? { ...item, waiting } : item;
}

/**
 * A file whose session may exist on the server goes through `cancelling`. Where the photo turns
 * out to exist already, the file ends as `stored`.
 */
function cancel(item: UploadItem): UploadItem {
  if (!canCancel(item.phase)) return item;
  const mayHaveSession = item.uploadId !== null || item.phase === "uploading";
  return change(item, { phase: mayHaveSession ? "cancelling" : "cancelled", problem: null });
}

function changeFile(item: UploadItem, size: number, modified: number): UploadItem {
  if (isFinal(item.phase) || item.phase === "cancelling") return item;
  return change(item, {
    size,
    modified,
    phase: "queued",
    bytesHashed: 0,
    digest: null,
    photoId: null,
    problem: null,
    hasHandle: false,
    ...WITHOUT_SESSION,
  });
}
