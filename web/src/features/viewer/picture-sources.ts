/** Which files of a photo show it at which size. */

import type { components } from "@/api/schema";

type Photo = components["schemas"]["Photo"];
type Variant = components["schemas"]["PhotoVariant"];

export interface PictureSources {
  readonly src: string;
  readonly srcSet: string;
  /** Pixels of the widest variant. */
  readonly width: number;
  /** A small one, which a grid has shown already. */
  readonly small: string;
}

/** All browsers of the build's target show these, the smallest files first. */
const FORMATS = ["avif", "webp", "jpeg"];
const SMALL_WIDTH = 300;
/** Originals that browsers show; `image/jpg` is what some cameras call JPEG. */
const SHOWN_BY_BROWSERS = new Set([
  "image/jpeg",
  "image/jpg",
  "image/png",
  "image/gif",
  "image/webp",
  "image/avif",
]);

/** Return the variants in their best formats; undefined before there is one. */
export function pictureSources(variants: readonly Variant[]): PictureSources | undefined {
  const bySize = new Map<string, Variant>();
  for (const variant of variants) {
    const other = bySize.get(variant.name);
    if (other === undefined || rank(variant) < rank(other)) bySize.set(variant.name, variant);
  }
  const sizes = [...bySize.values()].sort((a, b) => a.width - b.width);
  const widest = sizes.at(-1);
  if (widest === undefined) return undefined;
  const small = sizes.find(({ width }) => width >= SMALL_WIDTH) ?? widest;
  return {
    src: widest.url,
    srcSet: sizes.map(({ url, width }) => `${url} ${width}w`).join(", "),
    width: widest.width,
    small: small.url,
  };
}

/** Return the URL of the original if a browser can show it. */
export function showableOriginal(photo: Photo): string | undefined {
  return SHOWN_BY_BROWSERS.has(photo.content_type) ? (photo.original_url ?? undefined) : undefined;
}

/** Return whether a photo moves, which its variants do not. */
export function isAnimated({ content_type }: Photo): boolean {
  return content_type === "image/gif";
}

function rank({ format }: Variant): number {
  const position = FORMATS.indexOf(format);
  return position < 0 ? FORMATS.length : position;
}
