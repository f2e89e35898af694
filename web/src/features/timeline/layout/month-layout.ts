/**
 * The layout of one month: sections (days, or parts of long days), their rows, their photos.
 *
 * Columns instead of objects: a photo costs four bytes, a row ten. Tops are pixels below the
 * month's top, lefts are pixels from the container's start edge (right of it in a
 * right-to-left page), all integers.
 */

import { at, firstIndex } from "./columns";
import { cellRatio, type GridMetrics } from "./grid-metrics";
import { LayoutColumns } from "./layout-columns";
import { endOfDay, type MonthPhotos } from "./month-photos";
import { BreakSearch, STEP_PHOTOS } from "./row-breaks";

/** No section has more photos; a longer day goes on in the next section, at a row's end. */
export const MAX_SECTION_PHOTOS = 2_000;

export interface MonthLayout {
  readonly height: number;
  /** Never descending; rows of days side by side have the same top and height. */
  readonly rowTop: Uint32Array;
  readonly rowHeight: Uint16Array;
  /** First photo of a row; one entry more than rows, the last is the number of photos. */
  readonly rowPhoto: Uint32Array;
  readonly photoLeft: Uint16Array;
  readonly photoWidth: Uint16Array;
  /** First row of a section; one entry more than sections, the last is the number of rows. */
  readonly sectionRow: Uint32Array;
  /** Top of the section's heading, or of its first row where it has none. */
  readonly sectionTop: Uint32Array;
  readonly sectionLeft: Uint16Array;
  readonly sectionWidth: Uint16Array;
  /** Day of the month. */
  readonly sectionDay: Uint8Array;
  /** 0 for the first section of a day, which has the heading; 1, 2, … for those that go on. */
  readonly sectionPart: Uint16Array;
}

/**
 * Lay out a month. Yields after at most a few `STEP_PHOTOS` photos; see `runInSlices`.
 *
 * Days whose photos do not fill one row stand side by side where they fit. The same photos and
 * metrics give the same layout.
 */
export function* layoutMonth(
  photos: MonthPhotos,
  metrics: GridMetrics,
): Generator<void, MonthLayout> {
  const count = photos.days.length;
  const columns = new LayoutColumns(count, metrics);
  const search = new BreakSearch(count);
  const ratios = new Float32Array(count);
  let photosInStep = 0;
  for (let first = 0; first < count; ) {
    const end = endOfDay(photos.days, first);
    for (let photo = first; photo < end; photo++) {
      ratios[photo] = cellRatio(at(photos.ratios, photo), metrics);
      if (photo % STEP_PHOTOS === STEP_PHOTOS - 1) yield;
    }
    const rowEnds = yield* search.run(ratios, first, end, metrics);
    yield* addDay(columns, ratios, first, rowEnds, at(photos.days, first));
    photosInStep += end - first;
    if (photosInStep >= STEP_PHOTOS) {
      photosInStep = 0;
      yield;
    }
    first = end;
  }
  return columns.toLayout();
}

function* addDay(
  columns: LayoutColumns,
  ratios: Float32Array,
  first: number,
  rowEnds: Uint32Array,
  day: number,
): Generator<void, void> {
  if (rowEnds.length === 1 && columns.addShortDay(ratios, first, at(rowEnds, 0), day)) return;
  let part = 0;
  let sectionPhoto = first;
  let rowPhoto = first;
  let photosInStep = 0;
  columns.startSection(day, part);
  for (let row = 0; row < rowEnds.length; row++) {
    const rowEnd = at(rowEnds, row);
    if (rowEnd - sectionPhoto > MAX_SECTION_PHOTOS) {
      sectionPhoto = rowPhoto;
      part++;
      columns.startSection(day, part);
    }
    columns.addRow(ratios, rowPhoto, rowEnd, row === rowEnds.length - 1);
    photosInStep += rowEnd - rowPhoto;
    rowPhoto = rowEnd;
    if (photosInStep >= STEP_PHOTOS) {
      photosInStep = 0;
      yield;
    }
  }
}

export function rowCount(layout: MonthLayout): number {
  return layout.rowTop.length;
}

export function sectionCount(layout: MonthLayout): number {
  return layout.sectionTop.length;
}

/** Return the row of a photo, by its index in the month. */
export function rowOfPhoto(layout: MonthLayout, photo: number): number {
  return firstIndex(rowCount(layout), (row) => at(layout.rowPhoto, row + 1) > photo);
}

/** Return the section of a row. */
export function sectionOfRow(layout: MonthLayout, row: number): number {
  return firstIndex(sectionCount(layout), (section) => at(layout.sectionRow, section + 1) > row);
}

/** Return the photos of a section: the first, and the end, exclusive. */
export function sectionPhotos(
  layout: MonthLayout,
  section: number,
): { readonly first: number; readonly end: number } {
  return {
    first: at(layout.rowPhoto, at(layout.sectionRow, section)),
    end: at(layout.rowPhoto, at(layout.sectionRow, section + 1)),
  };
}

/** Return the photos of the whole day that a section belongs to. */
export function dayPhotos(
  layout: MonthLayout,
  section: number,
): { readonly first: number; readonly end: number } {
  const start = section - at(layout.sectionPart, section);
  let last = section;
  while (last + 1 < sectionCount(layout) && at(layout.sectionPart, last + 1) > 0) last++;
  return {
    first: sectionPhotos(layout, start).first,
    end: sectionPhotos(layout, last).end,
  };
}

/** Return the bottom of a section's last row, in pixels below the month's top. */
export function sectionBottom(layout: MonthLayout, section: number): number {
  const row = at(layout.sectionRow, section + 1) - 1;
  return at(layout.rowTop, row) + at(layout.rowHeight, row);
}
