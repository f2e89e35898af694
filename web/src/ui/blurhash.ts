import { decodeBlurHash } from "fast-blurhash";

const SIDE = 32;

/** Return the placeholder's pixels, 32 by 32; undefined for a text that is no blurhash. */
export function decodeBlurhash(blurhash: string): ImageData | undefined {
  try {
    return new ImageData(new Uint8ClampedArray(decodeBlurHash(blurhash, SIDE, SIDE)), SIDE, SIDE);
  } catch {
    return undefined;
  }
}
