/** SHA-256 of files. */

import { sha256 } from "@noble/hashes/sha2.js";
import { FileUnreadable } from "./api-port";

export interface Digests {
  /**
   * Return the SHA-256 in lower-case hexadecimal; `onBytes` gets the bytes read so far.
   * Rejects with `FileUnreadable`, or the signal's reason.
   */
  sha256(file: Blob, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<string>;
}

/**
 * Up to here a file is read whole and given to Web Crypto, which is several times faster than any
 * script but takes no stream. The size bounds the memory.
 */
export const LARGEST_WHOLE = 64 << 20;
const CHUNK = 4 << 20;

/** Compute a digest on this thread; in a page, `WorkerDigests` does so beside it. */
export async function sha256OfBlob(
  file: Blob,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  // Web Crypto is missing where the page comes over plain HTTP from another machine.
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle as SubtleCrypto | undefined;
  if (subtle !== undefined && file.size <= LARGEST_WHOLE) {
    const bytes = await read(file);
    signal.throwIfAborted();
    const digest = await subtle.digest("SHA-256", bytes);
    signal.throwIfAborted();
    onBytes(file.size);
    return toHex(new Uint8Array(digest));
  }
  const hash = sha256.create();
  for (let start = 0; start < file.size; start += CHUNK) {
    hash.update(new Uint8Array(await read(file.slice(start, start + CHUNK))));
    signal.throwIfAborted();
    onBytes(Math.min(start + CHUNK, file.size));
  }
  return toHex(hash.digest());
}

async function read(blob: Blob): Promise<ArrayBuffer> {
  try {
    return await blob.arrayBuffer();
  } catch (error) {
    throw new FileUnreadable("The file cannot be read.", { cause: error });
  }
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
