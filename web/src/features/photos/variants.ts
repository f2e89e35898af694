import type { components } from "@/api/schema";

type Variant = components["schemas"]["PhotoVariant"];

/** Formats that all browsers of the build's target show, the smallest files first. */
const FORMATS = ["avif", "webp", "jpeg"];

/** What an image element needs to choose among a photo's sizes. */
export function imageSources(variants: readonly Variant[]): { src?: string; srcSet?: string } {
  const format = FORMATS.find((name) => variants.some((each) => each.format === name));
  const sizes = variants.filter((each) => each.format === format).sort((a, b) => a.width - b.width);
  const [smallest] = sizes;
  if (smallest === undefined) return {};
  return {
    src: smallest.url,
    srcSet: sizes.map(({ url, width }) => `${url} ${width}w`).join(", "),
  };
}
