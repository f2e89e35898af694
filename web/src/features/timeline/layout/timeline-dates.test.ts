import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyTimeline, largeTimeline } from "./arbitraries";
import { daysInMonth, formatDate, parseDate, parseMonth } from "./calendar";
import { at, itemAt } from "./columns";
import { dateAnchor, resolveAnchor } from "./scroll-anchor";
import {
  dateAtThumb,
  focusOf,
  positionAtThumb,
  positionOfFocus,
  type ScrubberTrack,
  scrubberMarks,
  thumbTop,
  thumbTopOfDate,
} from "./scrubber";
import type { Timeline } from "./timeline";
import { dateAt, positionOfDate } from "./timeline-dates";

const anyShare = fc.double({ min: 0, max: 1, noNaN: true });
const anyTrackHeight = fc.integer({ min: 100, max: 2_000 });
const anyViewport = fc.integer({ min: 200, max: 2_000 });
const million = largeTimeline(1_000_000, 240, 1_440);

function trackOf(timeline: Timeline, height: number, viewportHeight: number): ScrubberTrack {
  return { height, contentHeight: timeline.height, viewportHeight };
}

/** Dates of photos of loaded months, and every date of estimated ones. */
function datesOf(timeline: Timeline): readonly string[] {
  return timeline.months.flatMap((month) => {
    const days =
      month.kind === "loaded"
        ? [...new Set(month.photos.days)]
        : Array.from({ length: daysInMonth(month.month) }, (_, index) => index + 1);
    return days.map((day) => formatDate(month.month, day));
  });
}

const anyDate = fc.tuple(anyTimeline, fc.nat()).map(([timeline, index]) => {
  const dates = datesOf(timeline);
  return [timeline, itemAt(dates, index % dates.length)] as const;
});

const anyMillionDate = fc
  .tuple(fc.nat(239), fc.integer({ min: 1, max: 31 }))
  .map(([index, day]) => {
    const { month } = itemAt(million.months, index);
    return formatDate(month, Math.min(day, daysInMonth(month)));
  });

describe("dates of positions", () => {
  it("round-trip for every date, days side by side as one", () => {
    fc.assert(
      fc.property(anyDate, ([timeline, date]) => {
        const position = positionOfDate(timeline, date);
        const back = dateAt(timeline, position) ?? "";
        expect(positionOfDate(timeline, back)).toBe(position);
        expect(back.slice(0, 7)).toBe(date.slice(0, 7));
        const month = timeline.months.find((each) => each.month === date.slice(0, 7));
        if (month?.kind === "estimated" && month.height >= 31) expect(back).toBe(date);
      }),
    );
  });

  it("round-trip for every date of a million photos", () => {
    fc.assert(
      fc.property(anyMillionDate, (date) => {
        expect(dateAt(million, positionOfDate(million, date))).toBe(date);
      }),
      { numRuns: 1_000 },
    );
  });

  it("never ascend from the timeline's top to its bottom", () => {
    fc.assert(
      fc.property(anyTimeline, anyShare, anyShare, (timeline, one, other) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        const later = dateAt(timeline, low * timeline.height) ?? "";
        const earlier = dateAt(timeline, high * timeline.height) ?? "";
        expect(earlier <= later).toBe(true);
        expect(positionOfDate(timeline, later)).toBeLessThanOrEqual(low * timeline.height);
      }),
    );
  });

  it("take the next earlier date for one without photos", () => {
    const first = itemAt(million.months, 0).month;
    expect(positionOfDate(million, "2999-01-01")).toBe(0);
    expect(positionOfDate(million, formatDate(first, 31))).toBe(0);
    expect(positionOfDate(million, "1900-01-01")).toBe(million.height);
  });

  it("are read strictly", () => {
    expect(parseMonth("2024-02")).toEqual({ year: 2024, month: 2 });
    expect(["2024-02", "1900-02", "2000-02", "2026-04", "2026-12"].map(daysInMonth)).toEqual([
      29, 28, 29, 30, 31,
    ]);
    expect(parseDate("2026-06-09")).toEqual({ month: "2026-06", day: 9 });
    expect(() => parseDate("2026-06-32")).toThrow(RangeError);
    expect(() => parseMonth("2026-13")).toThrow(RangeError);
  });
});

describe("the scrubber", () => {
  it("round-trips between thumb and position at a million photos, within a pixel", () => {
    fc.assert(
      fc.property(anyShare, anyTrackHeight, anyViewport, (share, height, viewport) => {
        const track = trackOf(million, height, viewport);
        const position = Math.floor(share * (million.height - viewport));
        expect(positionAtThumb(track, thumbTop(track, position))).toBe(position);
        const top = share * height;
        expect(thumbTop(track, positionAtThumb(track, top))).toBeCloseTo(top, 3);
      }),
      { numRuns: 1_000 },
    );
  });

  it("round-trips between thumb and date, so that a drag lands where it says", () => {
    fc.assert(
      fc.property(anyMillionDate, anyTrackHeight, anyViewport, (date, height, viewport) => {
        const track = trackOf(million, height, viewport);
        expect(dateAtThumb(million, track, thumbTopOfDate(million, track, date))).toBe(date);
      }),
      { numRuns: 1_000 },
    );
    fc.assert(
      fc.property(anyDate, anyTrackHeight, anyViewport, ([timeline, date], height, viewport) => {
        const track = trackOf(timeline, height, viewport);
        fc.pre(timeline.height > viewport);
        const thumb = thumbTopOfDate(timeline, track, date);
        const under = dateAtThumb(timeline, track, thumb) ?? "";
        expect(positionOfDate(timeline, under)).toBe(positionOfDate(timeline, date));
      }),
    );
  });

  it("shows the date under the thumb in the view that it lands on", () => {
    fc.assert(
      fc.property(anyTimeline, anyShare, anyViewport, (timeline, share, viewport) => {
        const track = trackOf(timeline, 600, viewport);
        const position = positionAtThumb(track, share * 600);
        const focus = focusOf(track, position);
        expect(focus).toBeGreaterThanOrEqual(position - 1e-6);
        expect(focus).toBeLessThanOrEqual(position + viewport + 1e-6);
        if (timeline.height <= viewport) return;
        expect(positionOfFocus(track, focus)).toBeCloseTo(position, 6);
        const end = dateAtThumb(timeline, track, 600);
        expect(end).toBe(dateAt(timeline, timeline.height));
      }),
    );
  });

  it("anchors a date where the scrubber jumped to", () => {
    fc.assert(
      fc.property(anyDate, ([timeline, date]) => {
        expect(resolveAnchor(timeline, dateAnchor(date))).toBe(positionOfDate(timeline, date));
      }),
    );
  });

  it("has marks in order that do not overlap, the latest year first of all", () => {
    const anyCase = fc.tuple(fc.integer({ min: 1, max: 600 }), anyTrackHeight, anyViewport);
    fc.assert(
      fc.property(anyCase, ([months, height, viewport]) => {
        const timeline = largeTimeline(months * 50, months, 1_000);
        const track = trackOf(timeline, height, viewport);
        const marks = scrubberMarks(timeline, track);
        expect(marks[0]).toEqual({ kind: "year", month: timeline.months[0]?.month, top: 0 });
        const years = marks.filter((mark) => mark.kind === "year");
        years.slice(1).forEach((mark, index) => {
          expect(mark.top - itemAt(years, index).top).toBeGreaterThanOrEqual(24);
        });
        marks.slice(1).forEach((mark, index) => {
          expect(mark.top - itemAt(marks, index).top).toBeGreaterThanOrEqual(8);
          expect(mark.top).toBeLessThanOrEqual(height);
        });
        for (const mark of marks) {
          const index = timeline.months.findIndex((each) => each.month === mark.month);
          const focus = focusOf(track, (mark.top / height) * (timeline.height - viewport));
          if (timeline.height > viewport) {
            expect(focus).toBeCloseTo(at(timeline.tops, index), 3);
          }
        }
      }),
    );
  });

  it("labels every year and ticks every month where there is room", () => {
    const timeline = largeTimeline(24_000, 24, 1_000);
    const marks = scrubberMarks(timeline, trackOf(timeline, 2_000, 800));
    expect(marks.map((mark) => mark.month)).toEqual(timeline.months.map((each) => each.month));
    expect(marks.filter((mark) => mark.kind === "year").map((mark) => mark.month)).toEqual([
      "2026-12",
      "2025-12",
    ]);
  });
});
