/** Sending the parts that storage lacks. */

import { withLinkedAbort } from "./aborting";
import type { PartUrl, SentPart, UploadApi } from "./api-port";
import { ApiProblem, FileUnreadable, Unreachable } from "./api-port";
import type { Clock } from "./clock";
import { PartUrls } from "./part-urls";
import type { Retrier, RetryOptions } from "./retry";
import type { Slots } from "./slots";

/** An upload session to send to. */
export interface Session {
  readonly uploadId: string;
  readonly partSize: number;
  readonly urls: readonly PartUrl[];
  readonly received: readonly SentPart[];
}

export interface PartTransport {
  readonly api: UploadApi;
  readonly clock: Clock;
  readonly retrier: Retrier;
  /** Shared by all files. */
  readonly partSlots: Slots;
  /** Parts of one file that are on their way at once. */
  readonly partsPerFile: number;
}

export interface PartProgress {
  /** Bytes in storage or on their way. */
  sent(bytes: number): void;
  /** Bytes that went over the network since the last call. */
  transferred(bytes: number): void;
}

/** Storage may refuse a URL, since it expired on the way; a fresh one it should take. */
const REFUSALS = 3;

/** Return all parts with their ETags. Of an error, the first one ends the other parts too. */
export async function sendParts(
  file: File,
  session: Session,
  transport: PartTransport,
  progress: PartProgress,
  options: RetryOptions,
): Promise<readonly SentPart[]> {
  return await withLinkedAbort(options.signal, async (controller) => {
    const linked = { ...options, signal: controller.signal };
    const sender = new PartSender(file, session, transport, progress, linked);
    const senders = sender.start();
    try {
      await Promise.all(senders);
    } catch (error) {
      controller.abort(error);
      await Promise.allSettled(senders);
      throw error;
    }
    return sender.sentParts();
  });
}

class PartSender {
  readonly #file: File;
  readonly #partSize: number;
  readonly #transport: PartTransport;
  readonly #progress: PartProgress;
  readonly #options: RetryOptions;
  readonly #etags: Map<number, string>;
  readonly #missing: readonly number[];
  readonly #urls: PartUrls;
  /** Bytes of each part that are in storage or on their way, and their sum. */
  readonly #bytes = new Map<number, number>();
  #bytesSent = 0;

  constructor(
    file: File,
    session: Session,
    transport: PartTransport,
    progress: PartProgress,
    options: RetryOptions,
  ) {
    this.#file = file;
    this.#partSize = session.partSize;
    this.#transport = transport;
    this.#progress = progress;
    this.#options = options;
    this.#etags = new Map(session.received.map((part) => [part.number, part.etag]));
    this.#missing = this.#numbers().filter((number) => !this.#etags.has(number));
    this.#urls = new PartUrls(session.uploadId, this.#missing, session.urls, transport);
    for (const number of this.#etags.keys()) this.#count(number, this.#slice(number).size);
  }

  /** Begin to send what is missing; there are as many promises as parts on their way. */
  start(): readonly Promise<void>[] {
    this.#progress.sent(this.#bytesSent);
    const numbers = this.#missing.values();
    const count = Math.min(this.#transport.partsPerFile, this.#missing.length);
    return Array.from({ length: count }, () => this.#sendEach(numbers));
  }

  sentParts(): readonly SentPart[] {
    return this.#numbers().map((number) => ({ number, etag: this.#etags.get(number) ?? "" }));
  }

  async #sendEach(numbers: Iterable<number>): Promise<void> {
    for (const number of numbers) {
      const send = () => this.#send(number);
      this.#etags.set(number, await this.#transport.partSlots.run(this.#options.signal, send));
      this.#count(number, this.#slice(number).size);
      this.#progress.sent(this.#bytesSent);
    }
  }

  async #send(number: number): Promise<string> {
    for (let refusals = 1; ; refusals += 1) {
      const url = await this.#urls.urlOf(number, this.#options);
      try {
        return await this.#transport.retrier.run(() => this.#put(number, url), this.#options);
      } catch (error) {
        const refused = error instanceof ApiProblem && error.status === 403;
        if (!refused || refusals === REFUSALS) throw error;
        this.#urls.drop(number);
      }
    }
  }

  async #put(number: number, url: string): Promise<string> {
    const slice = this.#slice(number);
    let before = 0;
    const onProgress = (sent: number) => {
      const now = Math.max(before, Math.min(sent, slice.size));
      this.#progress.transferred(now - before);
      before = now;
      this.#count(number, now);
      this.#progress.sent(this.#bytesSent);
    };
    try {
      return await this.#transport.api.putPart(url, slice, onProgress, this.#options.signal);
    } catch (error) {
      this.#count(number, 0);
      // A browser reports a file that cannot be read any more as a broken connection.
      if (error instanceof Unreachable) await checkReadable(slice);
      throw error;
    }
  }

  #count(number: number, bytes: number): void {
    this.#bytesSent += bytes - (this.#bytes.get(number) ?? 0);
    this.#bytes.set(number, bytes);
  }

  #numbers(): readonly number[] {
    const total = Math.max(1, Math.ceil(this.#file.size / this.#partSize));
    return Array.from({ length: total }, (_, index) => index + 1);
  }

  #slice(number: number): Blob {
    const end = Math.min(number * this.#partSize, this.#file.size);
    return this.#file.slice((number - 1) * this.#partSize, end);
  }
}

async function checkReadable(slice: Blob): Promise<void> {
  try {
    await slice.slice(0, 1).arrayBuffer();
  } catch (error) {
    throw new FileUnreadable("The file cannot be read any more.", { cause: error });
  }
}
