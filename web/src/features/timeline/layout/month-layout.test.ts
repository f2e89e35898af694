import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyMetrics, anyMonth, monthOf } from "./arbitraries";
import { at } from "./columns";
import { cellRatio, type GridMetrics, gridMetrics, lowestRowHeight } from "./grid-metrics";
import {
  dayPhotos,
  layoutMonth,
  MAX_SECTION_PHOTOS,
  type MonthLayout,
  rowCount,
  rowOfPhoto,
  sectionBottom,
  sectionCount,
  sectionOfRow,
  sectionPhotos,
} from "./month-layout";
import { type MonthPhotos, toMonthPhotos } from "./month-photos";
import { runAtOnce } from "./slices";

const anyCase = fc.tuple(anyMonth("2026-02"), anyMetrics);

function layOut(photos: MonthPhotos, metrics: GridMetrics): MonthLayout {
  return runAtOnce(layoutMonth(photos, metrics));
}

function indexes(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index);
}

/** Start and end edges of a row. */
function edges(layout: MonthLayout, row: number): readonly [number, number] {
  const last = at(layout.rowPhoto, row + 1) - 1;
  const left = at(layout.photoLeft, at(layout.rowPhoto, row));
  return [left, at(layout.photoLeft, last) + at(layout.photoWidth, last)];
}

function expectNoGap(layout: MonthLayout, row: number, gap: number): void {
  let [left] = edges(layout, row);
  for (let photo = at(layout.rowPhoto, row); photo < at(layout.rowPhoto, row + 1); photo++) {
    expect(at(layout.photoLeft, photo)).toBe(left);
    expect(at(layout.photoWidth, photo)).toBeGreaterThan(0);
    left += at(layout.photoWidth, photo) + gap;
  }
}

describe("a month's layout", () => {
  it("has every photo exactly once and in order", () => {
    fc.assert(
      fc.property(anyCase, ([photos, metrics]) => {
        const layout = layOut(photos, metrics);
        expect(at(layout.rowPhoto, 0)).toBe(0);
        expect(at(layout.rowPhoto, rowCount(layout))).toBe(photos.ids.length);
        for (const row of indexes(rowCount(layout))) {
          expect(at(layout.rowPhoto, row + 1)).toBeGreaterThan(at(layout.rowPhoto, row));
        }
        for (const photo of indexes(photos.ids.length)) {
          const row = rowOfPhoto(layout, photo);
          const section = sectionOfRow(layout, row);
          expect(at(layout.rowPhoto, row)).toBeLessThanOrEqual(photo);
          expect(at(layout.rowPhoto, row + 1)).toBeGreaterThan(photo);
          expect(at(layout.sectionDay, section)).toBe(at(photos.days, photo));
        }
      }),
    );
  });

  it("fills every row but a day's last without gap or overlap, to the pixel", () => {
    fc.assert(
      fc.property(anyCase, ([photos, metrics]) => {
        const layout = layOut(photos, metrics);
        for (const row of indexes(rowCount(layout))) {
          const [left, right] = edges(layout, row);
          expectNoGap(layout, row, metrics.gap);
          const section = sectionOfRow(layout, row);
          const lastOfDay = at(layout.rowPhoto, row + 1) === dayPhotos(layout, section).end;
          expect(left).toBe(at(layout.sectionLeft, section));
          expect(right).toBeLessThanOrEqual(left + at(layout.sectionWidth, section));
          if (!lastOfDay || at(layout.rowHeight, row) !== metrics.targetHeight) {
            expect([left, right]).toEqual([0, metrics.width]);
          }
        }
      }),
    );
  });

  it("bounds the height of rows, and stretches no last row absurdly", () => {
    fc.assert(
      fc.property(anyCase, ([photos, metrics]) => {
        const layout = layOut(photos, metrics);
        for (const row of indexes(rowCount(layout))) {
          const height = at(layout.rowHeight, row);
          const section = sectionOfRow(layout, row);
          const lastOfDay = at(layout.rowPhoto, row + 1) === dayPhotos(layout, section).end;
          expect(height).toBeGreaterThanOrEqual(lowestRowHeight(metrics));
          expect(height).toBeLessThanOrEqual(lastOfDay ? metrics.maxLastHeight : metrics.maxHeight);
        }
      }),
    );
  });

  it("shows each photo in the ratio it is laid out with, within a pixel", () => {
    fc.assert(
      fc.property(anyCase, ([photos, metrics]) => {
        const layout = layOut(photos, metrics);
        for (const photo of indexes(photos.ids.length)) {
          const height = at(layout.rowHeight, rowOfPhoto(layout, photo));
          const ratio = cellRatio(at(photos.ratios, photo), metrics);
          // The height is rounded by half a pixel, and both edges are.
          const tolerance = 1.01 + ratio / 2;
          const width = at(layout.photoWidth, photo);
          expect(Math.abs(width - ratio * height)).toBeLessThan(tolerance);
        }
      }),
    );
  });

  it("stacks rows and headings without overlap, short days side by side", () => {
    fc.assert(
      fc.property(anyCase, ([photos, metrics]) => {
        const layout = layOut(photos, metrics);
        let bottom = metrics.monthHeadingHeight;
        let right = 0;
        let bandTop = -1;
        for (const section of indexes(sectionCount(layout))) {
          const top = at(layout.sectionTop, section);
          const left = at(layout.sectionLeft, section);
          if (top === bandTop) {
            expect(left).toBe(right + metrics.dayGap);
          } else {
            expect(top).toBe(bottom);
            expect(left).toBe(0);
          }
          bandTop = top;
          right = left + at(layout.sectionWidth, section);
          expect(right).toBeLessThanOrEqual(metrics.width);
          const heading = at(layout.sectionPart, section) === 0 ? metrics.dayHeadingHeight : 0;
          let rowTop = top + heading;
          for (
            let row = at(layout.sectionRow, section);
            row < at(layout.sectionRow, section + 1);
            row++
          ) {
            expect(at(layout.rowTop, row)).toBe(rowTop);
            rowTop += at(layout.rowHeight, row) + metrics.gap;
          }
          expect(sectionBottom(layout, section)).toBe(rowTop - metrics.gap);
          bottom = rowTop;
        }
        expect(layout.height).toBe(bottom);
      }),
    );
  });

  it("has one heading a day", () => {
    fc.assert(
      fc.property(anyCase, ([photos, metrics]) => {
        const layout = layOut(photos, metrics);
        const days = indexes(sectionCount(layout))
          .filter((section) => at(layout.sectionPart, section) === 0)
          .map((section) => at(layout.sectionDay, section));
        expect(days).toEqual([...new Set(photos.days)]);
      }),
    );
  });

  it("is the same for the same photos, and lays out a day without its neighbours", () => {
    fc.assert(
      fc.property(anyCase, ([photos, metrics]) => {
        const layout = layOut(photos, metrics);
        expect(layOut(photos, metrics)).toEqual(layout);
        const { end } = dayPhotos(layout, 0);
        const day = layOut(
          {
            month: photos.month,
            ids: photos.ids.slice(0, end),
            ratios: photos.ratios.slice(0, end),
            days: photos.days.slice(0, end),
          },
          metrics,
        );
        expect([...layout.photoWidth.slice(0, end)]).toEqual([...day.photoWidth]);
      }),
    );
  });

  it("splits a day of more than 2,000 photos where a row ends", () => {
    const ratio = fc.constantFrom(0.75, 4 / 3, 1.5, 30, 1 / 30);
    const days = fc.array(ratio, { minLength: 2_001, maxLength: 7_000 });
    fc.assert(
      fc.property(days, anyMetrics, (ratios, metrics) => {
        const photos = monthOf(
          "2026-02",
          ratios.map((each) => [each, 14] as const),
        );
        const layout = layOut(photos, metrics);
        expect(sectionCount(layout)).toBeGreaterThan(1);
        for (const section of indexes(sectionCount(layout))) {
          const { first, end } = sectionPhotos(layout, section);
          expect(end - first).toBeLessThanOrEqual(MAX_SECTION_PHOTOS);
          expect(at(layout.sectionPart, section)).toBe(section);
          expect(dayPhotos(layout, section)).toEqual({ first: 0, end: ratios.length });
        }
      }),
      { numRuns: 15 },
    );
  });

  it("gives a panorama a row that is no lower than others, and a sliver a width to hit", () => {
    const metrics = gridMetrics(390);
    const panorama = layOut(monthOf("2026-02", [[12, 3]]), metrics);
    expect(at(panorama.photoWidth, 0)).toBe(390);
    expect(at(panorama.rowHeight, 0)).toBe(metrics.minHeight);
    const sliver = layOut(monthOf("2026-02", [[1 / 30, 3]]), metrics);
    expect(at(sliver.photoWidth, 0)).toBe(Math.round(0.4 * metrics.targetHeight));
    expect(at(sliver.rowHeight, 0)).toBe(metrics.targetHeight);
  });

  it("leaves a month without photos without height", () => {
    const layout = layOut(monthOf("2026-02", []), gridMetrics(800));
    expect(layout.height).toBe(0);
    expect(rowCount(layout)).toBe(0);
    expect(sectionCount(layout)).toBe(0);
  });

  it("reads the columns of the API", () => {
    const photos = toMonthPhotos({
      month: "2026-06",
      id: ["b", "a"],
      aspect_ratio: [1.5, null],
      second: [12 * 86_400 + 67_327, 86_400],
    });
    expect(photos.ids).toEqual(["b", "a"]);
    expect([...photos.ratios]).toEqual([1.5, 0]);
    expect([...photos.days]).toEqual([13, 2]);
  });
});
