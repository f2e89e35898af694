/** The wall time of a photo, in words and in the fields that change it. */

import type { PhotoDetail } from "../photo-query";

const SECONDS_LENGTH = "YYYY-MM-DDTHH:MM:SS".length;
const OFFSET = /^([+-])(\d{1,2}):?(\d{2})?$/;
const MAX_HOURS = 14;

/** Return the day and the minute as a language writes them; the wall time is never converted. */
export function wallTimeWords(
  { taken_at_local: local }: Pick<PhotoDetail, "taken_at_local">,
  language: string,
): { readonly day: string; readonly time: string } {
  // A wall time has no zone: that of UTC serves to format it.
  const moment = new Date(`${local.slice(0, SECONDS_LENGTH)}Z`);
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(moment);
  return { day: format({ dateStyle: "full" }), time: format({ timeStyle: "short" }) };
}

/** Return the value of a field for a date and time. */
export function toFieldValue(local: string): string {
  return local.slice(0, SECONDS_LENGTH);
}

/** Return an offset from UTC as the API takes it, null for what is none. */
export function parseOffset(text: string): string | null {
  const match = OFFSET.exec(text.trim().replace("−", "-"));
  if (match === null) return null;
  const [, sign, hours = "", minutes = "00"] = match;
  if (Number(hours) > MAX_HOURS || Number(minutes) > 59) return null;
  return `${sign}${hours.padStart(2, "0")}:${minutes}`;
}

/** Return `taken_at` of a change: a wall time with or without its offset. */
export function toTakenAt(fieldValue: string, offset: string): string {
  const seconds = fieldValue.length < SECONDS_LENGTH ? `${fieldValue}:00` : fieldValue;
  return `${seconds.slice(0, SECONDS_LENGTH)}${offset}`;
}
