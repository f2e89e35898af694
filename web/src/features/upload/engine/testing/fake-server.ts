import { orAborted } from "../aborting";
import type {
  Announcement,
  OpenedSession,
  PartUrl,
  SentPart,
  SessionStatus,
  UploadApi,
  Usage,
} from "../api-port";
import { ApiProblem } from "../api-port";
import type { Clock } from "../clock";
import { sha256OfBlob } from "../digests";
import type { Receipt } from "../model";
import type { Call, Fault } from "./faults";

interface StoredPart {
  readonly etag: string;
  readonly bytes: Blob;
}

interface Upload {
  readonly id: string;
  readonly photoId: string;
  readonly announcement: Announcement;
  readonly parts: Map<number, StoredPart>;
  state: SessionStatus["state"];
  duplicateOf: string | null;
  sidecar: string | null;
}

export interface StoredPhoto {
  readonly photoId: string;
  readonly sha256: string;
  readonly filename: string;
  readonly sidecar: string | null;
}

export const PART = 8;

/** The server and its storage, in memory: what `services/upload` does, at 8 bytes a part. */
export class FakeServer implements UploadApi {
  readonly calls: Call[] = [];
  readonly photos: StoredPhoto[] = [];
  readonly uploads = new Map<string, Upload>();
  /** Numbers of parts as they arrived, by upload. */
  readonly arrivals = new Map<string, number[]>();
  readonly checked: number[] = [];
  fault: (call: Call) => Fault | null = () => null;
  /** What a call waits for before it is carried out. */
  hold: (call: Call) => Promise<void> = () => Promise.resolve();
  usageNow: Usage = { bytesUsed: 0, bytesReserved: 0, quotaBytes: 10_000, maxFileBytes: 1000 };
  urlLifetime = 3_600_000;
  partsInFlight = 0;
  mostPartsInFlight = 0;
  readonly #clock: Clock;
  readonly #idempotent = new Map<string, OpenedSession>();
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  count(call: Call): number {
    return this.calls.filter((each) => each === call).length;
  }

  async check(digests: readonly string[], signal: AbortSignal) {
    this.checked.push(digests.length);
    return await this.#serve("check", signal, () => {
      const photos = this.photos.filter(({ sha256 }) => digests.includes(sha256));
      return new Map(photos.map(({ sha256, photoId }) => [sha256, photoId]));
    });
  }

  async open(announcement: Announcement, idempotencyKey: string) {
    return await this.#serve("open", new AbortController().signal, () => {
      const replay = this.#idempotent.get(idempotencyKey);
      if (replay !== undefined) return replay;
      const existing = this.photos.find(({ sha256 }) => sha256 === announcement.sha256);
      if (existing !== undefined && announcement.onDuplicate === "skip") {
        return { duplicateOf: existing.photoId };
      }
      const reserved = [...this.uploads.values()]
        .filter(({ state }) => state === "open")
        .reduce((sum, upload) => sum + upload.announcement.size, 0);
      const free = this.usageNow.quotaBytes - this.usageNow.bytesUsed - reserved;
      const upload = this.#inSlot(announcement) ?? this.#begin(announcement, free);
      const opened = {
        uploadId: upload.id,
        photoId: upload.photoId,
        partSize: PART,
        urls: this.#sign(upload, this.#missing(upload).slice(0, 2)),
        received: [...upload.parts.keys()],
      };
      this.#idempotent.set(idempotencyKey, opened);
      return opened;
    });
  }

  async inspect(uploadId: string, signal: AbortSignal): Promise<SessionStatus> {
    return await this.#serve("inspect", signal, () => {
      const { state, photoId, parts, duplicateOf } = this.#upload(uploadId);
      return { state, photoId, partSize: PART, received: toSentParts(parts), duplicateOf };
    });
  }

  async signParts(uploadId: string, numbers: readonly number[], signal: AbortSignal) {
    return await this.#serve("signParts", signal, () => {
      const upload = this.#upload(uploadId);
      this.#refuseEnded(upload);
      return this.#sign(upload, numbers);
    });
  }

  async putPart(
    url: string,
    bytes: Blob,
    onProgress: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<string> {
    this.partsInFlight += 1;
    this.mostPartsInFlight = Math.max(this.mostPartsInFlight, this.partsInFlight);
    try {
      onProgress(Math.floor(bytes.size / 2));
      return await this.#serve("putPart", signal, () => this.#receive(url, bytes));
    } finally {
      this.partsInFlight -= 1;
    }
  }

  async attachSidecar(uploadId: string, bytes: Blob, signal: AbortSignal): Promise<void> {
    const text = await bytes.text();
    await this.#serve("attachSidecar", signal, () => {
      if (!text.startsWith("<")) throw new ApiProblem(422, "invalid_sidecar", "It is not XMP.");
      this.#upload(uploadId).sidecar = text;
    });
  }

  async complete(
    uploadId: string,
    parts: readonly SentPart[],
    signal: AbortSignal,
  ): Promise<Receipt> {
    const { parts: received } = this.#upload(uploadId);
    const whole = new Blob([...received].sort(byNumber).map(([, part]) => part.bytes));
    const digest = await sha256OfBlob(whole, () => undefined, new AbortController().signal);
    return await this.#serve("complete", signal, () => {
      const upload = this.#upload(uploadId);
      if (upload.state === "accepted") return receiptOf(upload);
      this.#refuseEnded(upload);
      if (this.#missing(upload).length > 0) throw new ApiProblem(409, "parts_missing", "Missing.");
      const wrong = parts.some(({ number, etag }) => upload.parts.get(number)?.etag !== etag);
      if (wrong) throw new ApiProblem(409, "invalid_parts", "Others arrived.");
      return this.#accept(upload, digest);
    });
  }

  async cancel(uploadId: string, signal: AbortSignal): Promise<void> {
    await this.#serve("cancel", signal, () => {
      const upload = this.#upload(uploadId);
      if (upload.state === "accepted") throw new ApiProblem(409, "upload_ended", "It is complete.");
      upload.state = "cancelled";
      upload.parts.clear();
    });
  }

  async usage(signal: AbortSignal): Promise<Usage> {
    return await this.#serve("usage", signal, () => this.usageNow);
  }

  /** Storage forgets a part. */
  lose(uploadId: string, number: number): void {
    this.#upload(uploadId).parts.delete(number);
  }

  /** The server gives an unfinished upload up. */
  expire(uploadId: string): void {
    const upload = this.#upload(uploadId);
    upload.state = "expired";
    upload.parts.clear();
  }

  async #serve<T>(call: Call, signal: AbortSignal, act: () => T): Promise<T> {
    this.calls.push(call);
    const fault = this.fault(call);
    await orAborted(this.hold(call), signal);
    if (fault?.when === "before") throw fault.error;
    const result = act();
    await Promise.resolve();
    signal.throwIfAborted();
    if (fault?.when === "after") throw fault.error;
    return result;
  }

  #begin(announcement: Announcement, free: number): Upload {
    if (announcement.size > free) throw new ApiProblem(413, "quota_exceeded", "No space is left.");
    this.#lastId += 1;
    const id = `upload-${String(this.#lastId)}`;
    const existing = this.photos.find(({ sha256 }) => sha256 === announcement.sha256);
    const photoId =
      existing !== undefined && announcement.onDuplicate === "replace"
        ? existing.photoId
        : `photo-${String(this.#lastId)}`;
    const rest = { state: "open" as const, duplicateOf: null, sidecar: null };
    const upload = { id, photoId, announcement, parts: new Map<number, StoredPart>(), ...rest };
    this.uploads.set(id, upload);
    return upload;
  }

  #inSlot({ sha256, filename, onDuplicate }: Announcement): Upload | undefined {
    return [...this.uploads.values()].find(
      ({ state, announcement }) =>
        state === "open" &&
        announcement.sha256 === sha256 &&
        announcement.filename === filename &&
        announcement.onDuplicate === onDuplicate,
    );
  }

  #upload(uploadId: string): Upload {
    const upload = this.uploads.get(uploadId);
    if (upload === undefined) throw new ApiProblem(404, "not_found", "There is no such upload.");
    return upload;
  }

  #refuseEnded({ state }: Upload): void {
    if (state !== "open") throw new ApiProblem(409, "upload_ended", `The upload is ${state}.`);
  }

  #missing({ announcement, parts }: Upload): number[] {
    const total = Math.ceil(announcement.size / PART);
    return Array.from({ length: total }, (_, index) => index + 1).filter((n) => !parts.has(n));
  }

  #sign({ id }: Upload, numbers: readonly number[]): PartUrl[] {
    const expiresAt = this.#clock.now() + this.urlLifetime;
    return numbers.map((number) => {
      return { number, url: `${id}/${String(number)}/${String(expiresAt)}`, expiresAt };
    });
  }

  #receive(url: string, bytes: Blob): string {
    const [id = "", part = "", expiresAt = ""] = url.split("/");
    const upload = this.#upload(id);
    const number = Number(part);
    const refuse = (status: number) => new ApiProblem(status, "storage_refused", "Refused.");
    if (this.#clock.now() > Number(expiresAt)) throw refuse(403);
    if (upload.state !== "open") throw refuse(404);
    const length = Math.min(PART, upload.announcement.size - (number - 1) * PART);
    if (bytes.size !== length) throw refuse(403);
    this.arrivals.set(id, [...(this.arrivals.get(id) ?? []), number]);
    const etag = `"${id}-${part}-${String(this.calls.length)}"`;
    upload.parts.set(number, { etag, bytes });
    return etag;
  }

  #accept(upload: Upload, digest: string): Receipt {
    const { announcement, photoId, sidecar } = upload;
    const { sha256, filename, onDuplicate } = announcement;
    if (digest !== sha256) {
      upload.state = "failed";
      throw new ApiProblem(422, "hash_mismatch", "The bytes have another digest.");
    }
    const existing = this.photos.find((photo) => photo.sha256 === sha256);
    upload.state = "accepted";
    if (existing !== undefined && onDuplicate === "skip") upload.duplicateOf = existing.photoId;
    else if (existing?.photoId !== photoId) {
      this.photos.push({ photoId, sha256, filename, sidecar });
    }
    return receiptOf(upload);
  }
}

function receiptOf({ photoId, duplicateOf }: Upload): Receipt {
  return { photoId: duplicateOf ?? photoId, duplicateOf };
}

function toSentParts(parts: ReadonlyMap<number, StoredPart>): SentPart[] {
  return [...parts].sort(byNumber).map(([number, { etag }]) => ({ number, etag }));
}

function byNumber([one]: [number, StoredPart], [other]: [number, StoredPart]): number {
  return one - other;
}
