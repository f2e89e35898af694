/** The proof of work that a login needs where it would wait for others' failures. */

import { sha256 } from "@noble/hashes/sha2.js";

/** The page reacts in between. */
const SLICE_MS = 25;

/**
 * Return `<minute>:<nonce>`, such that the digest of minute, address and nonce begins with `bits`
 * zero bits. Takes some `2 ** bits` digests: about a second for 18 bits.
 */
export async function prove(email: string, minute: number, bits: number): Promise<string> {
  const encoder = new TextEncoder();
  const prefix = sha256.create().update(encoder.encode(`${minute}:${email}:`));
  let end = performance.now() + SLICE_MS;
  for (let nonce = 0; ; nonce++) {
    const digest = prefix
      .clone()
      .update(encoder.encode(`${nonce}`))
      .digest();
    if (beginsWithZeros(digest, bits)) {
      return `${minute}:${nonce}`;
    }
    if (performance.now() > end) {
      await new Promise((resume) => setTimeout(resume));
      end = performance.now() + SLICE_MS;
    }
  }
}

function beginsWithZeros(digest: Uint8Array, bits: number): boolean {
  // At most 24 bits are asked for, so the first 32 decide.
  const first = new DataView(digest.buffer, digest.byteOffset).getUint32(0);
  return first < 2 ** (32 - bits);
}
