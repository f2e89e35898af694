/** The picture to search by. It is not stored anywhere, so a reload ends the search by it. */

export interface HeldPicture {
  readonly key: string;
  readonly name: string;
  /** What is sent. */
  readonly picture: Blob;
  /** Shows it. */
  readonly url: string;
}

/** Larger ones are made smaller before they are sent. */
const LARGEST_SENT_BYTES = 4 << 20;
/** The model sees fewer pixels than these. */
const LONGEST_EDGE = 1_024;
const SENT_TYPES: readonly string[] = ["image/jpeg", "image/png", "image/webp"];

let held: HeldPicture | undefined;

export function heldPicture(key: string | undefined): HeldPicture | undefined {
  return held?.key === key ? held : undefined;
}

/** Take a picture to search by, and return its key. */
export async function holdPicture(file: File): Promise<string> {
  const picture = await toSmallPicture(file);
  if (held !== undefined) URL.revokeObjectURL(held.url);
  held = {
    key: Date.now().toString(36),
    name: file.name,
    picture,
    url: URL.createObjectURL(picture),
  };
  return held.key;
}

/** Return the first picture of what was dropped, pasted or chosen. */
export function firstPicture(files: FileList | null | undefined): File | undefined {
  return [...(files ?? [])].find(({ type }) => type.startsWith("image/"));
}

/** A picture that the browser cannot read is sent as it is: the server says what is wrong. */
async function toSmallPicture(file: File): Promise<Blob> {
  if (file.size <= LARGEST_SENT_BYTES && SENT_TYPES.includes(file.type)) return file;
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_EDGE / Math.max(bitmap.width, bitmap.height));
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    return await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
  } catch {
    return file;
  }
}
