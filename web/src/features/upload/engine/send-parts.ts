/** Sending the parts that storage lacks. */

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
  const total = Math.max(1, Math.ceil(file.size / session.partSize));
  const etags = new Map(session.received.map((part) => [part.number, part.etag]));
  const missing = numbersTo(total).filter((number) => !etags.has(number));
  const urls = new PartUrls(session.uploadId, missing, session.urls, transport);
  const sizeOf = (number: number) => sliceOf(file, session.partSize, number).size;
  const bytes = new Map([...etags.keys()].map((number) => [number, sizeOf(number)]));
  const report = () => {
    progress.sent([...bytes.values()].reduce((sum, each) => sum + each, 0));
  };
  const failing = new AbortController();
  const signal = AbortSignal.any([options.signal, failing.signal]);
  const queue = missing.values();

  const sendNext = async () => {
    for (const number of queue) {
      const etag = await transport.partSlots.run(signal, () => sendPart(number));
      etags.set(number, etag);
      bytes.set(number, sizeOf(number));
      report();
    }
  };
  const sendPart = async (number: number): Promise<string> => {
    const slice = sliceOf(file, session.partSize, number);
    for (let refusals = 1; ; refusals += 1) {
      const url = await urls.urlOf(number, { ...options, signal });
      const put = async () => {
        let before = 0;
        const onProgress = (sent: number) => {
          const now = Math.min(sent, slice.size);
          progress.transferred(Math.max(0, now - before));
          before = Math.max(before, now);
          bytes.set(number, now);
          report();
        };
        try {
          return await transport.api.putPart(url, slice, onProgress, signal);
        } catch (error) {
          bytes.delete(number);
          // A browser reports a file that cannot be read any more as a broken connection.
          if (error instanceof Unreachable) await checkReadable(slice);
          throw error;
        }
      };
      try {
        return await transport.retrier.run(put, { ...options, signal });
      } catch (error) {
        const refused = error instanceof ApiProblem && error.status === 403;
        if (!refused || refusals === REFUSALS) throw error;
        urls.drop(number);
      }
    }
  };

  report();
  const senders = Array.from(
    { length: Math.min(transport.partsPerFile, missing.length) },
    sendNext,
  );
  try {
    await Promise.all(senders);
  } catch (error) {
    failing.abort(error);
    await Promise.allSettled(senders);
    throw error;
  }
  return numbersTo(total).map((number) => ({ number, etag: etags.get(number) ?? "" }));
}

function numbersTo(total: number): number[] {
  return Array.from({ length: total }, (_, index) => index + 1);
}

function sliceOf(file: File, partSize: number, number: number): Blob {
  return file.slice((number - 1) * partSize, Math.min(number * partSize, file.size));
}

async function checkReadable(slice: Blob): Promise<void> {
  try {
    await slice.slice(0, 1).arrayBuffer();
  } catch (error) {
    throw new FileUnreadable("The file cannot be read any more.", { cause: error });
  }
}
