/**
 * The measures of the grid, in CSS pixels, all integers except ratios.
 *
 * Integers keep tops, heights and anchors exact: sums of them are exact in a double up to 2^53.
 */

import { clamp } from "./columns";

export interface GridMetrics {
  /** Of the container; rows fill it. */
  readonly width: number;
  /** Between photos of a row, and below every row. */
  readonly gap: number;
  /** The height that rows aim at, and that of a last row which is not full. */
  readonly targetHeight: number;
  /** The lowest and highest row that is chosen where photos allow it. */
  readonly minHeight: number;
  readonly maxHeight: number;
  /** A day's last row is stretched to the full width up to this height, else left short. */
  readonly maxLastHeight: number;
  readonly dayHeadingHeight: number;
  /** Above the first day of a month; 0 for none. */
  readonly monthHeadingHeight: number;
  /** Between short days side by side. */
  readonly dayGap: number;
  /** The least width of a day, so that its heading is readable beside others. */
  readonly minDayWidth: number;
  /** Bounds of width through height; pictures beyond are cropped by their cell. */
  readonly minRatio: number;
  readonly maxRatio: number;
}

/** The least and the greatest width that is laid out; columns hold lefts in 16 bits. */
export const MIN_WIDTH = 160;
export const MAX_WIDTH = 32_000;

/**
 * A sliver of 1:30 is shown as 1:2.5: the narrowest cell is then wider than the 24 px that
 * WCAG 2.2 (2.5.8) asks of a target, at the row heights chosen below.
 */
const MIN_RATIO = 0.4;
const MIN_HEIGHT_SHARE = 0.7;
const MAX_HEIGHT_SHARE = 1.4;
const MAX_LAST_HEIGHT_SHARE = 1.25;

/** Target heights by Material 3's window size classes (compact to extra-large), lower bounds. */
const WIDTH_CLASSES = [
  { from: 1600, targetHeight: 240, gap: 4 },
  { from: 1200, targetHeight: 212, gap: 4 },
  { from: 840, targetHeight: 184, gap: 4 },
  { from: 600, targetHeight: 150, gap: 4 },
  { from: 0, targetHeight: 116, gap: 2 },
] as const;

export interface GridOptions {
  /** Scales the target height, 1 by default, within 0.5 and 2: how dense the user likes it. */
  readonly zoom?: number;
  /** 56 by default. */
  readonly monthHeadingHeight?: number;
  /** 48 by default: a checkbox that a finger hits. */
  readonly dayHeadingHeight?: number;
}

/** Return the measures for a container; its width is rounded down and bounded. */
export function gridMetrics(containerWidth: number, options: GridOptions = {}): GridMetrics {
  const width = clamp(Math.floor(containerWidth) || 0, MIN_WIDTH, MAX_WIDTH);
  const widthClass = WIDTH_CLASSES.find((each) => width >= each.from) ?? WIDTH_CLASSES[4];
  const targetHeight = Math.round(widthClass.targetHeight * clamp(options.zoom ?? 1, 0.5, 2));
  const minHeight = Math.round(targetHeight * MIN_HEIGHT_SHARE);
  return {
    width,
    gap: widthClass.gap,
    targetHeight,
    minHeight,
    maxHeight: Math.round(targetHeight * MAX_HEIGHT_SHARE),
    maxLastHeight: Math.round(targetHeight * MAX_LAST_HEIGHT_SHARE),
    dayHeadingHeight: options.dayHeadingHeight ?? 48,
    monthHeadingHeight: options.monthHeadingHeight ?? 56,
    dayGap: 16,
    minDayWidth: 132,
    minRatio: MIN_RATIO,
    // A panorama that has a row for itself is no lower than any other row.
    maxRatio: Math.max(1, width / minHeight),
  };
}

/** Return the ratio that a photo is laid out with; 1 where it is not known yet. */
export function cellRatio(ratio: number, metrics: GridMetrics): number {
  if (!(ratio > 0) || ratio === Infinity) return 1;
  return clamp(ratio, metrics.minRatio, metrics.maxRatio);
}

/**
 * Return the height that no row is below, whatever the ratios.
 *
 * A row is closed at the latest by the photo that takes it to the target height. Before it, the
 * ratios' sum is below width/target, so it has fewer than width/(target × minRatio) gaps; the
 * photo adds at most maxRatio. Height is (width − gaps) / sum of ratios.
 */
export function lowestRowHeight(metrics: GridMetrics): number {
  const { width, gap, targetHeight, minRatio, maxRatio } = metrics;
  const gaps = gap * (width / (targetHeight * minRatio));
  return Math.floor((width - gaps) / (width / targetHeight + maxRatio));
}
