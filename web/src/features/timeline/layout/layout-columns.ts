/** The columns of a month's layout while they are filled, from top to bottom. */

import { at } from "./columns";
import type { GridMetrics } from "./grid-metrics";
import type { MonthLayout } from "./month-layout";

/** How a row is set: its exact height before rounding, and where its photos end. */
interface RowShape {
  readonly height: number;
  readonly right: number;
}

export class LayoutColumns {
  private readonly photoCount: number;
  private readonly metrics: GridMetrics;
  private readonly rowTop: Uint32Array;
  private readonly rowHeight: Uint16Array;
  private readonly rowPhoto: Uint32Array;
  private readonly photoLeft: Uint16Array;
  private readonly photoWidth: Uint16Array;
  private readonly sectionRow: number[] = [];
  private readonly sectionTop: number[] = [];
  private readonly sectionLeft: number[] = [];
  private readonly sectionWidth: number[] = [];
  private readonly sectionDay: number[] = [];
  private readonly sectionPart: number[] = [];
  private rows = 0;
  /** Where the next band of sections starts. */
  private bottom: number;
  /** The band of short days that is still open: its top, and where its last day ends. */
  private band: { readonly top: number; readonly right: number } | undefined;

  constructor(photoCount: number, metrics: GridMetrics) {
    this.photoCount = photoCount;
    this.metrics = metrics;
    this.rowTop = new Uint32Array(photoCount);
    this.rowHeight = new Uint16Array(photoCount);
    this.rowPhoto = new Uint32Array(photoCount + 1);
    this.photoLeft = new Uint16Array(photoCount);
    this.photoWidth = new Uint16Array(photoCount);
    this.bottom = photoCount > 0 ? metrics.monthHeadingHeight : 0;
  }

  /** Begin a section of the full width below all others; its part 0 has a heading. */
  startSection(day: number, part: number): void {
    this.band = undefined;
    this.pushSection(day, part, this.bottom, 0, this.metrics.width);
    if (part === 0) this.bottom += this.metrics.dayHeadingHeight;
  }

  /** Add a row to the section begun last. */
  addRow(ratios: Float32Array, first: number, end: number, last: boolean): void {
    const shape = this.shapeRow(ratios, first, end, last);
    this.placeRow(ratios, first, end, this.bottom, 0, shape);
    this.bottom += Math.round(shape.height) + this.metrics.gap;
  }

  /**
   * Add a day whose one row is not full, beside the day before where there is room.
   *
   * Return false, and change nothing, where the row is full.
   */
  addShortDay(ratios: Float32Array, first: number, end: number, day: number): boolean {
    const { width, minDayWidth, dayGap, dayHeadingHeight, gap } = this.metrics;
    const shape = this.shapeRow(ratios, first, end, true);
    if (shape.right === width) return false;
    const dayWidth = Math.min(width, Math.max(minDayWidth, shape.right));
    let left = this.band === undefined ? 0 : this.band.right + dayGap;
    if (this.band === undefined || left + dayWidth > width) {
      left = 0;
      this.band = { top: this.bottom, right: 0 };
      this.bottom += dayHeadingHeight + Math.round(shape.height) + gap;
    }
    const { top } = this.band;
    this.band = { top, right: left + dayWidth };
    this.pushSection(day, 0, top, left, dayWidth);
    this.placeRow(ratios, first, end, top + dayHeadingHeight, left, shape);
    return true;
  }

  toLayout(): MonthLayout {
    this.rowPhoto[this.rows] = this.photoCount;
    return {
      height: this.bottom,
      rowTop: this.rowTop.slice(0, this.rows),
      rowHeight: this.rowHeight.slice(0, this.rows),
      rowPhoto: this.rowPhoto.slice(0, this.rows + 1),
      photoLeft: this.photoLeft,
      photoWidth: this.photoWidth,
      sectionRow: Uint32Array.from([...this.sectionRow, this.rows]),
      sectionTop: Uint32Array.from(this.sectionTop),
      sectionLeft: Uint16Array.from(this.sectionLeft),
      sectionWidth: Uint16Array.from(this.sectionWidth),
      sectionDay: Uint8Array.from(this.sectionDay),
      sectionPart: Uint16Array.from(this.sectionPart),
    };
  }

  private pushSection(day: number, part: number, top: number, left: number, width: number): void {
    this.sectionRow.push(this.rows);
    this.sectionTop.push(top);
    this.sectionLeft.push(left);
    this.sectionWidth.push(width);
    this.sectionDay.push(day);
    this.sectionPart.push(part);
  }

  private shapeRow(ratios: Float32Array, first: number, end: number, last: boolean): RowShape {
    const { width, gap, targetHeight, maxLastHeight } = this.metrics;
    let sum = 0;
    for (let photo = first; photo < end; photo++) sum += at(ratios, photo);
    const gaps = gap * (end - first - 1);
    const full = (width - gaps) / sum;
    if (!last || full <= maxLastHeight) return { height: full, right: width };
    return { height: targetHeight, right: gaps + Math.round(targetHeight * sum) };
  }

  /** Edges are rounded, not widths, so that rounding adds up to nothing along the row. */
  private placeRow(
    ratios: Float32Array,
    first: number,
    end: number,
    top: number,
    start: number,
    shape: RowShape,
  ): void {
    const { gap } = this.metrics;
    let left = 0;
    let sum = 0;
    for (let photo = first; photo < end; photo++) {
      sum += at(ratios, photo);
      const gaps = gap * (photo - first);
      const right = photo === end - 1 ? shape.right : gaps + Math.round(shape.height * sum);
      this.photoLeft[photo] = start + left;
      this.photoWidth[photo] = right - left;
      left = right + gap;
    }
    this.rowTop[this.rows] = top;
    this.rowHeight[this.rows] = Math.round(shape.height);
    this.rowPhoto[this.rows] = first;
    this.rows++;
  }
}
