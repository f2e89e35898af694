/** The height of a month of which only the number of photos is known. */

import { daysInMonth } from "./calendar";
import { at, clamp } from "./columns";
import { cellRatio, type GridMetrics } from "./grid-metrics";
import type { MonthPhotos } from "./month-photos";

/** What estimates assume of photos that are not loaded. */
export interface LibraryStatistics {
  /** Mean of width through height, as laid out. */
  readonly meanRatio: number;
  /** Mean number of photos of a day that has any. */
  readonly photosPerDay: number;
}

/** What the last row of a day adds to the rows that its photos fill, in rows. */
const SHORT_ROW_SHARE = 0.4;

/** For a library of which nothing is loaded: phones take 4:3, a third of them upright. */
export const DEFAULT_STATISTICS: LibraryStatistics = { meanRatio: 1.2, photosPerDay: 8 };

/** Return the statistics of loaded months, or the default ones where they have no photos. */
export function libraryStatistics(
  months: Iterable<MonthPhotos>,
  metrics: GridMetrics,
): LibraryStatistics {
  let photos = 0;
  let days = 0;
  let ratios = 0;
  for (const month of months) {
    for (let photo = 0; photo < month.days.length; photo++) {
      ratios += cellRatio(at(month.ratios, photo), metrics);
      if (photo === 0 || month.days[photo] !== month.days[photo - 1]) days++;
    }
    photos += month.days.length;
  }
  if (photos === 0) return DEFAULT_STATISTICS;
  return { meanRatio: ratios / photos, photosPerDay: photos / days };
}

/**
 * Return the expected height in pixels; positive for a month with photos.
 *
 * The photos are spread evenly over as many days as the statistics say. A row takes
 * (width + gap) / (target × mean ratio + gap) photos. Days of less than a row stand side by
 * side; days of up to 1.2 rows are squeezed into one; of longer days the last row is short.
 */
export function estimateMonthHeight(
  month: string,
  count: number,
  metrics: GridMetrics,
  statistics: LibraryStatistics,
): number {
  if (count <= 0) return 0;
  const { width, gap, targetHeight, dayGap, minDayWidth } = metrics;
  const days = clamp(Math.round(count / statistics.photosPerDay), 1, daysInMonth(month));
  const photosPerDay = count / days;
  const cellWidth = targetHeight * statistics.meanRatio + gap;
  const photosPerRow = Math.max(1, (width + gap) / cellWidth);
  const row = targetHeight + gap;
  let height = metrics.monthHeadingHeight;
  if (photosPerDay < photosPerRow * 0.8) {
    const dayWidth = Math.max(minDayWidth, photosPerDay * cellWidth - gap);
    const daysPerBand = Math.max(1, Math.floor((width + dayGap) / (dayWidth + dayGap)));
    height += Math.ceil(days / daysPerBand) * (metrics.dayHeadingHeight + row);
  } else {
    const full = photosPerDay / photosPerRow;
    const rows = full < 1.2 ? 1 : full + SHORT_ROW_SHARE;
    height += days * metrics.dayHeadingHeight + Math.round(days * rows) * row;
  }
  return Math.max(Math.round(height), 1);
}
