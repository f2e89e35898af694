/** What tells the photos of a group apart. */

import type { Photo } from "@/features/photos/photo-grid";

export type FactName = "pixels" | "bytes" | "format" | "taken" | "camera" | "place" | "described";

/** Return the ids of the photos that have the most of something, none where all have the same. */
export function largest(photos: readonly Photo[], of: (photo: Photo) => number): Set<string> {
  const values = photos.map(of);
  const most = Math.max(...values);
  if (values.every((value) => value === most)) return new Set();
  return new Set(photos.filter((_, index) => values[index] === most).map(({ id }) => id));
}

export function pixelsOf({ width, height }: Photo): number {
  return (width ?? 0) * (height ?? 0);
}

/** Return a format's short name, such as "HEIC". */
export function formatOf({ content_type: type }: Photo): string {
  const name = type.split("/").at(-1) ?? type;
  return name.replace(/^x-/, "").toUpperCase();
}

/** Return the wall time in words. */
export function takenText({ taken_at_local: wallTime }: Photo, language: string): string {
  const moment = new Date(`${wallTime.slice(0, "YYYY-MM-DDTHH:MM:SS".length)}Z`);
  const options = { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat(language, options).format(moment);
}

export function placeOf({ location }: Photo): string | undefined {
  const parts = [location?.city, location?.country].filter((part) => part != null && part !== "");
  if (parts.length > 0) return parts.join(", ");
  return location ? `${location.lat.toFixed(3)}, ${location.lon.toFixed(3)}` : undefined;
}

/** Return what the owner wrote about a photo: its caption and tags. */
export function descriptionOf({ caption, tags }: Photo): string | undefined {
  const own = tags.filter(({ source }) => source === "user").map(({ name }) => name);
  const parts = [...(caption ? [caption] : []), ...own];
  return parts.length > 0 ? parts.join(" · ") : undefined;
}
