/** The upload engine's port, over the client of the API. */

import { api, authorizedFetch, unwrap } from "@/api/client";
import { ProblemError, toProblemError, UnreachableError } from "@/api/problem";
import type { components } from "@/api/schema";
import {
  type Announcement,
  ApiProblem,
  type OpenedSession,
  type PartUrl,
  type SessionStatus,
  Unreachable,
  type UploadApi,
} from "./engine/api-port";
import type { Receipt } from "./engine/model";
import { putPart } from "./engine/put-part";

type Schemas = components["schemas"];

/** An announcement is not aborted, so it must end by itself. */
const OPEN_LIMIT_MS = 60_000;

export const uploadApi: UploadApi = {
  check: (digests, signal) =>
    call(async () => {
      const body = { sha256: [...digests] };
      const { items } = await unwrap(api.POST("/api/v1/uploads/check", { body, signal }));
      return new Map(items.map(({ sha256, photo_id }) => [sha256, photo_id]));
    }),

  open: (announcement, key) =>
    call(async () => {
      const session = await unwrap(
        api.POST("/api/v1/uploads", {
          params: { header: { "Idempotency-Key": key } },
          body: toRequest(announcement),
          signal: AbortSignal.timeout(OPEN_LIMIT_MS),
        }),
      );
      return "duplicate_of" in session
        ? { duplicateOf: session.duplicate_of }
        : toOpenedSession(session);
    }),

  inspect: (uploadId, signal) =>
    call(async () => {
      const path = { upload_id: uploadId };
      return toStatus(
        await unwrap(api.GET("/api/v1/uploads/{upload_id}", { params: { path }, signal })),
      );
    }),

  signParts: (uploadId, numbers, signal) =>
    call(async () => {
      const { parts } = await unwrap(
        api.POST("/api/v1/uploads/{upload_id}/parts", {
          params: { path: { upload_id: uploadId } },
          body: { numbers: [...numbers] },
          signal,
        }),
      );
      return parts.map(toPartUrl);
    }),

  putPart,

  attachSidecar: (uploadId, bytes, signal) =>
    call(async () => {
      const response = await authorizedFetch(`/api/v1/uploads/${uploadId}/sidecar`, {
        method: "PUT",
        headers: { "Content-Type": "application/rdf+xml" },
        body: bytes,
        signal,
      });
      if (response.ok) return;
      throw toProblemError(await response.json().catch(() => undefined), response);
    }),

  complete: (uploadId, parts, signal) =>
    call(async () => {
      const receipt = await unwrap(
        api.POST("/api/v1/uploads/{upload_id}/complete", {
          params: { path: { upload_id: uploadId } },
          body: { parts: parts.map(({ number, etag }) => ({ number, etag })) },
          signal,
        }),
      );
      return toReceipt(receipt);
    }),

  cancel: (uploadId, signal) =>
    call(async () => {
      const path = { upload_id: uploadId };
      await unwrap(api.DELETE("/api/v1/uploads/{upload_id}", { params: { path }, signal }));
    }),

  usage: (signal) =>
    call(async () => {
      const usage = await unwrap(api.GET("/api/v1/me/usage", { signal }));
      return {
        bytesUsed: usage.bytes_used,
        bytesReserved: usage.bytes_reserved,
        quotaBytes: usage.quota_bytes,
        maxFileBytes: usage.max_file_bytes,
      };
    }),
};

/** Do the call; what it throws becomes what the engine knows. */
async function call<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw toEngineError(error);
  }
}

function toEngineError(error: unknown): unknown {
  if (error instanceof ProblemError) {
    const { status, code, detail, title } = error.problem;
    // A response that is no problem document has no code of its own.
    const ownCode = code === "http_error" ? `http_${String(status)}` : code;
    const { retryAfterS } = error;
    const retryAfter = retryAfterS === undefined ? null : retryAfterS * 1000;
    return new ApiProblem(status, ownCode, detail || title, retryAfter);
  }
  const timedOut = error instanceof DOMException && error.name === "TimeoutError";
  if (error instanceof UnreachableError || timedOut) {
    return new Unreachable("The platform did not answer.", { cause: error });
  }
  return error;
}

function toRequest(announcement: Announcement): Schemas["UploadRequest"] {
  return {
    filename: announcement.filename,
    size: announcement.size,
    content_type: announcement.contentType,
    sha256: announcement.sha256,
    album_id: announcement.albumId,
    on_duplicate: announcement.onDuplicate,
    lane: announcement.lane,
  };
}

function toOpenedSession(session: Schemas["UploadSession"]): OpenedSession {
  return {
    uploadId: session.upload_id,
    photoId: session.photo_id,
    partSize: session.part_size,
    urls: session.parts.map(toPartUrl),
    received: session.parts_received,
  };
}

function toPartUrl({ number, url, expires_at }: Schemas["PartUrl"]): PartUrl {
  return { number, url, expiresAt: Date.parse(expires_at) };
}

function toStatus(status: Schemas["UploadStatus"]): SessionStatus {
  return {
    // `stored` is the moment between the object and the receipt.
    state: status.state === "stored" ? "completing" : status.state,
    photoId: status.photo_id,
    partSize: status.part_size,
    received: status.parts.map(({ number, etag }) => ({ number, etag })),
    duplicateOf: status.duplicate_of ?? null,
  };
}

function toReceipt({ photo_id, duplicate_of }: Schemas["UploadReceipt"]): Receipt {
  return { photoId: photo_id, duplicateOf: duplicate_of ?? null };
}
