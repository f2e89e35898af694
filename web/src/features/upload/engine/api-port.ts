/**
 * What the engine needs of the HTTP API. The adapter maps names and renews the access token;
 * retries, waiting and resuming are the engine's.
 *
 * Every call rejects with `ApiProblem` where the server refused, with `Unreachable` where no
 * response came, and with the signal's reason where it was aborted.
 */

import type { Decision, Receipt } from "./model";

export type Lane = "interactive" | "bulk";

export interface Announcement {
  readonly filename: string;
  readonly size: number;
  /** Empty where the browser does not know it; the server then goes by the name. */
  readonly contentType: string;
  readonly sha256: string;
  readonly albumId: string | null;
  readonly onDuplicate: Decision;
  readonly lane: Lane;
}

export interface PartUrl {
  readonly number: number;
  readonly url: string;
  /** Milliseconds of the epoch. */
  readonly expiresAt: number;
}

export interface SentPart {
  readonly number: number;
  readonly etag: string;
}

export interface OpenedSession {
  readonly uploadId: string;
  readonly photoId: string;
  readonly partSize: number;
  /** The first parts that storage lacks. */
  readonly urls: readonly PartUrl[];
  /** Parts of an unfinished upload of the same file. */
  readonly received: readonly number[];
}

export interface SessionStatus {
  readonly state: "open" | "completing" | "accepted" | "cancelled" | "expired" | "failed";
  readonly photoId: string;
  readonly partSize: number;
  readonly received: readonly SentPart[];
  readonly duplicateOf: string | null;
}

export interface Usage {
  readonly bytesUsed: number;
  readonly bytesReserved: number;
  readonly quotaBytes: number;
  readonly maxFileBytes: number;
}

export interface UploadApi {
  /** `POST /uploads/check`: photo ids by digest. At most 5,000 digests. */
  check(digests: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;

  /**
   * `POST /uploads` with the key as `Idempotency-Key`. A 200 is `{ duplicateOf }`. It has no
   * signal, since an abort would leave a session behind that nobody knows; it needs a time limit.
   */
  open(
    announcement: Announcement,
    idempotencyKey: string,
  ): Promise<OpenedSession | { readonly duplicateOf: string }>;

  /** `GET /uploads/{id}` */
  inspect(uploadId: string, signal: AbortSignal): Promise<SessionStatus>;

  /** `POST /uploads/{id}/parts`: at most 1,000 numbers. */
  signParts(
    uploadId: string,
    numbers: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly PartUrl[]>;

  /**
   * `PUT` to a presigned URL: return the `ETag`. `onProgress` gets the bytes sent so far.
   * Refusals of storage are `ApiProblem`s with the code `storage_refused`. `putPart` in
   * `put-part.ts` is all that it takes.
   */
  putPart(
    url: string,
    bytes: Blob,
    onProgress: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<string>;

  /** `PUT /uploads/{id}/sidecar` with `Content-Type: application/rdf+xml`. */
  attachSidecar(uploadId: string, bytes: Blob, signal: AbortSignal): Promise<void>;

  /** `POST /uploads/{id}/complete`: the durable receipt. */
  complete(uploadId: string, parts: readonly SentPart[], signal: AbortSignal): Promise<Receipt>;

  /** `DELETE /uploads/{id}` */
  cancel(uploadId: string, signal: AbortSignal): Promise<void>;

  /** `GET /me/usage` */
  usage(signal: AbortSignal): Promise<Usage>;
}

/** The server's refusal. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  /** The problem's `code`; `http_404` and the like where the body is no problem document. */
  readonly code: string;
  /** `Retry-After`, in milliseconds; null where the response has none. */
  readonly retryAfter: number | null;

  constructor(status: number, code: string, detail: string, retryAfter: number | null = null) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** No response came, or only a part of one. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** The file cannot be read: removed, changed, or on a device that is gone. */
export class FileUnreadable extends Error {
  override readonly name = "FileUnreadable";
}

/** A refusal that the client makes itself, with a code of the server's or of its own. */
export class LocalProblem extends Error {
  override readonly name = "LocalProblem";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Whether the user's session has ended, so that no other file would fare better. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 401 && error.code !== "storage_refused";
}
