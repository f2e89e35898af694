/** Names of colours and file types. */

import type { TFunction } from "i18next";

/** The colours of the API's facet, each with the one that is shown for it. */
export const COLORS = {
  red: "#c81e1e",
  orange: "#e8821e",
  yellow: "#f2d544",
  green: "#3f8f46",
  teal: "#1f9a9a",
  blue: "#2f6fd0",
  purple: "#7a3fb0",
  pink: "#ec6ea8",
  brown: "#8a5a34",
  black: "#151515",
  gray: "#8c8c8c",
  white: "#ffffff",
} as const;

export type ColorName = keyof typeof COLORS;

export const COLOR_NAMES = Object.keys(COLORS) as ColorName[];

export function isColorName(text: string): text is ColorName {
  return text in COLORS;
}

export function colorName(value: string, t: TFunction): string {
  return isColorName(value) ? t(`search.color.${value}`) : value;
}

/** Return `JPEG` for `image/jpeg`, and `DNG` for `image/x-adobe-dng`. */
export function fileTypeName(type: string): string {
  const name = type.split("/").at(-1) ?? type;
  return (name.split("-").at(-1) ?? name).toUpperCase();
}
