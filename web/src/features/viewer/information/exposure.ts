/** How a picture was taken, as photographers write it. */

import type { PhotoDetail } from "../photo-query";

type Exif = PhotoDetail["exif"];

/** Shorter times are written as fractions of a second. */
const LEAST_WHOLE_S = 0.3;

/** Return aperture, exposure time, focal length and sensitivity, those that are known. */
export function exposureParts(exif: Exif, language: string): string[] {
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(language, {
      style: "unit",
      unit: name,
      maximumFractionDigits: 1,
    }).format(value);
  const { aperture, shutter, focal_length, iso } = exif;
  const parts: string[] = [];
  if (aperture != null) parts.push(`ƒ/${number.format(aperture)}`);
  if (shutter != null && shutter > 0) {
    parts.push(
      shutter < LEAST_WHOLE_S
        ? `1/${number.format(Math.round(1 / shutter))} s`
        : unit(shutter, "second"),
    );
  }
  if (focal_length != null) parts.push(unit(focal_length, "millimeter"));
  if (iso != null) parts.push(`ISO ${iso}`);
  return parts;
}
