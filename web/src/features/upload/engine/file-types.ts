/** Names of photos and of their sidecars, as the command line client has them. */

const TYPES: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  jpe: "image/jpeg",
  jfif: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  gif: "image/gif",
  bmp: "image/bmp",
  dib: "image/bmp",
  tif: "image/tiff",
  tiff: "image/tiff",
  avif: "image/avif",
  heic: "image/heic",
  heif: "image/heif",
  hif: "image/heif",
  jxl: "image/jxl",
  cr2: "image/x-canon-cr2",
  cr3: "image/x-canon-cr3",
  nef: "image/x-nikon-nef",
  arw: "image/x-sony-arw",
  dng: "image/x-adobe-dng",
  raf: "image/x-fuji-raf",
  rw2: "image/x-panasonic-rw2",
  orf: "image/x-olympus-orf",
};

/** For the `accept` attribute of a file input; browsers do not know RAW files by type. */
export const ACCEPTED: string = [
  "image/*",
  ...Object.keys(TYPES).map((suffix) => `.${suffix}`),
  ".xmp",
].join(",");

function suffixOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : "";
}

/** Whether a file of a folder is taken: not hidden, and named as a photo. */
export function isPhotoName(name: string): boolean {
  return !name.startsWith(".") && Object.hasOwn(TYPES, suffixOf(name));
}

export function isSidecarName(name: string): boolean {
  return !name.startsWith(".") && suffixOf(name) === "xmp";
}

/** The content type to announce: by the name, else what the browser says, else none. */
export function contentTypeOf(name: string, browserType: string): string {
  return TYPES[suffixOf(name)] ?? browserType;
}

/** Names of a photo's sidecar in lower case, the first one first: `a.jpg.xmp`, `a.xmp`. */
export function sidecarNamesOf(name: string): readonly string[] {
  const dot = name.lastIndexOf(".");
  const stem = dot > 0 ? name.slice(0, dot) : name;
  return [`${name}.xmp`, `${stem}.xmp`].map((each) => each.toLowerCase());
}
