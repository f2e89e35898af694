/** The entry of a worker that computes digests for `WorkerDigests`, one at a time. */

import { FileUnreadable } from "./api-port";
import { sha256OfBlob } from "./digests";
import type { DigestReply, DigestRequest } from "./worker-digests";

interface WorkerScope {
  onmessage: ((message: MessageEvent<DigestRequest>) => void) | null;
  postMessage(reply: DigestReply): void;
}

const scope = globalThis as unknown as WorkerScope;
let running = new AbortController();

scope.onmessage = ({ data }) => {
  running.abort();
  running = new AbortController();
  if (data.file !== null) void answer(data.id, data.file, running.signal);
};

async function answer(id: number, file: Blob, signal: AbortSignal): Promise<void> {
  const onBytes = (bytes: number) => {
    scope.postMessage({ id, type: "bytes", bytes });
  };
  try {
    const digest = await sha256OfBlob(file, onBytes, signal);
    scope.postMessage({ id, type: "digest", digest });
  } catch (error) {
    if (signal.aborted) return;
    scope.postMessage({ id, type: "error", unreadable: error instanceof FileUnreadable });
  }
}
