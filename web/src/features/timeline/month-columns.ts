/** A month's photos as the API sends them: columns, lists of the same length. */

import type { components } from "@/api/schema";

export type MonthColumns = components["schemas"]["MonthPhotos"];
type CompactPhoto = components["schemas"]["CompactPhoto"];

/** What a grid shows of a photo. Other lists of the API have it too, and more. */
export type TimelinePhoto = Pick<
  CompactPhoto,
  | "id"
  | "name"
  | "status"
  | "aspect_ratio"
  | "blurhash"
  | "taken_at_local"
  | "favorite"
  | "duration"
  | "thumbnail_url"
>;

const MS_PER_SECOND = 1000;

/** Return the photo at an index. Throws `RangeError` outside of the month. */
export function photoAt(columns: MonthColumns, index: number): TimelinePhoto {
  return {
    id: valueAt(columns.id, index),
    name: valueAt(columns.name, index),
    status: valueAt(columns.status, index),
    aspect_ratio: valueAt(columns.aspect_ratio, index),
    blurhash: valueAt(columns.blurhash, index),
    taken_at_local: wallTimeAt(columns, index),
    favorite: valueAt(columns.favorite, index),
    duration: valueAt(columns.duration, index),
    thumbnail_url: thumbnailUrlAt(columns, index),
  };
}

/** Return the wall time of a photo, `YYYY-MM-DDTHH:MM:SS`. */
export function wallTimeAt({ month, second }: MonthColumns, index: number): string {
  // A wall time has no zone, so that of UTC serves to count in.
  const start = Date.parse(`${month}-01T00:00:00Z`);
  const moment = new Date(start + valueAt(second, index) * MS_PER_SECOND);
  return moment.toISOString().slice(0, "YYYY-MM-DDTHH:MM:SS".length);
}

/** Return the presigned URL of a photo's thumbnail; null before there is one. */
export function thumbnailUrlAt(columns: MonthColumns, index: number): string | null {
  const template = columns.thumbnail_template[index];
  const key = columns.thumbnail_key[index];
  const signature = columns.thumbnail_signature[index];
  if (template == null || key == null || signature == null) return null;
  return (
    valueAt(columns.thumbnail_templates, template)
      // As functions, since a string would have "$" interpreted.
      .replace("{id}", () => valueAt(columns.id, index))
      .replace("{key}", () => key)
      .replace("{signature}", () => signature)
  );
}

/** Return the month with some of its photos, in the order of the indices. */
export function withPhotosAt(month: MonthColumns, indices: readonly number[]): MonthColumns {
  const take = <Value>(column: readonly Value[]): Value[] =>
    indices.map((index) => valueAt(column, index));
  return {
    ...month,
    id: take(month.id),
    name: take(month.name),
    status: take(month.status),
    aspect_ratio: take(month.aspect_ratio),
    blurhash: take(month.blurhash),
    second: take(month.second),
    offset: take(month.offset),
    favorite: take(month.favorite),
    duration: take(month.duration),
    thumbnail_key: take(month.thumbnail_key),
    thumbnail_signature: take(month.thumbnail_signature),
    thumbnail_template: take(month.thumbnail_template),
  };
}

/**
 * Return the columns of a month with those of its next page after them.
 *
 * A photo that was given an earlier time between the two requests is in both; it is taken once.
 */
export function withPage(month: MonthColumns, page: MonthColumns): MonthColumns {
  const ids = new Set(month.id);
  const indices = [...page.id.keys()].filter((index) => !ids.has(valueAt(page.id, index)));
  const added = withPhotosAt(page, indices);
  const templates = month.thumbnail_templates.length;
  return {
    month: month.month,
    count: page.count,
    version: page.version === month.version ? (month.version ?? null) : null,
    next_cursor: page.next_cursor ?? null,
    id: [...month.id, ...added.id],
    name: [...month.name, ...added.name],
    status: [...month.status, ...added.status],
    aspect_ratio: [...month.aspect_ratio, ...added.aspect_ratio],
    blurhash: [...month.blurhash, ...added.blurhash],
    second: [...month.second, ...added.second],
    offset: [...month.offset, ...added.offset],
    favorite: [...month.favorite, ...added.favorite],
    duration: [...month.duration, ...added.duration],
    thumbnail_key: [...month.thumbnail_key, ...added.thumbnail_key],
    thumbnail_signature: [...month.thumbnail_signature, ...added.thumbnail_signature],
    thumbnail_templates: [...month.thumbnail_templates, ...page.thumbnail_templates],
    thumbnail_template: [
      ...month.thumbnail_template,
      ...added.thumbnail_template.map((index) => (index === null ? null : index + templates)),
    ],
  };
}

function valueAt<Value>(column: readonly Value[], index: number): Value {
  if (index < 0 || index >= column.length) {
    throw new RangeError(`index ${index} of ${column.length}`);
  }
  return column[index] as Value;
}
