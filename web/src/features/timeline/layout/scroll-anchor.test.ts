import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyMetrics, anyMonth, anyTimeline, load, monthNames } from "./arbitraries";
import { at } from "./columns";
import { gridMetrics } from "./grid-metrics";
import { DEFAULT_STATISTICS } from "./month-estimate";
import { layoutMonth, rowOfPhoto } from "./month-layout";
import type { MonthPhotos } from "./month-photos";
import { captureAnchor, resolveAnchor, type ScrollAnchor } from "./scroll-anchor";
import { scrollPosition, scrollStateAt } from "./scroll-state";
import { runAtOnce } from "./slices";
import {
  createTimeline,
  indexOfMonth,
  type Timeline,
  withMetrics,
  withoutPhotos,
} from "./timeline";

const anyShare = fc.double({ min: 0, max: 1, noNaN: true });
const anyView = fc.record({ share: anyShare, height: fc.integer({ min: 100, max: 1_500 }) });
/** Photos to put in or take out, by where in a month; several months that are loaded. */
const anyEdits = fc.array(fc.record({ month: fc.nat(7), share: anyShare, insert: fc.boolean() }));

function positionIn(timeline: Timeline, share: number, height: number): number {
  return Math.floor(share * Math.max(0, timeline.height - height));
}

/** The virtual top of a photo's row; undefined where the photo is not laid out. */
function topOf(timeline: Timeline, monthName: string, photoId: string): number | undefined {
  const index = indexOfMonth(timeline, monthName);
  const month = timeline.months[index];
  if (month?.month !== monthName || month.kind !== "loaded") return undefined;
  const photo = month.photos.ids.indexOf(photoId);
  if (photo < 0) return undefined;
  return at(timeline.tops, index) + at(month.layout.rowTop, rowOfPhoto(month.layout, photo));
}

function expectUnmoved(
  before: Timeline,
  after: Timeline,
  anchor: ScrollAnchor | undefined,
  position: number,
): void {
  if (anchor?.kind !== "photo") return;
  const top = topOf(before, anchor.month, anchor.photoId);
  const newTop = topOf(after, anchor.month, anchor.photoId);
  if (top === undefined || newTop === undefined) return;
  expect(newTop - resolveAnchor(after, anchor)).toBe(top - position);
}

function without(photos: MonthPhotos, photo: number): MonthPhotos {
  const others = photos.ids.map((_, index) => index).filter((index) => index !== photo);
  return {
    month: photos.month,
    ids: others.map((index) => photos.ids[index] ?? ""),
    ratios: Float32Array.from(others, (index) => at(photos.ratios, index)),
    days: Uint8Array.from(others, (index) => at(photos.days, index)),
  };
}

function withNew(photos: MonthPhotos, photo: number, id: string): MonthPhotos {
  const ratios = [...photos.ratios];
  const days = [...photos.days];
  ratios.splice(photo, 0, 1.5);
  days.splice(photo, 0, at(photos.days, photo));
  return {
    month: photos.month,
    ids: photos.ids.toSpliced(photo, 0, id),
    ratios: Float32Array.from(ratios),
    days: Uint8Array.from(days),
  };
}

describe("an anchor", () => {
  it("gives the position it was taken at while nothing changes", () => {
    fc.assert(
      fc.property(anyTimeline, anyView, (timeline, { share, height }) => {
        const position = positionIn(timeline, share, height);
        const anchor = captureAnchor(timeline, position, height);
        expect(anchor && resolveAnchor(timeline, anchor)).toBe(position);
      }),
    );
  });

  it("does not move when any months are loaded", () => {
    const anyLoads = fc.array(anyMonth("2000-01", 60), { maxLength: 8 });
    fc.assert(
      fc.property(anyTimeline, anyView, anyLoads, (timeline, { share, height }, loads) => {
        const position = positionIn(timeline, share, height);
        const anchor = captureAnchor(timeline, position, height);
        const names = monthNames(loads.length);
        const after = loads.reduce((each, photos, index) => {
          const month = names[index] ?? "";
          const previous = each.months.find((one) => one.month === month);
          return previous?.kind === "loaded" ? each : load(each, { ...photos, month });
        }, timeline);
        expectUnmoved(timeline, after, anchor, position);
        if (anchor?.kind === "month") {
          const top = at(after.tops, indexOfMonth(after, anchor.month));
          expect(top - resolveAnchor(after, anchor)).toBe(anchor.distance);
        }
      }),
    );
  });

  it("does not move when photos come, go or are unloaded", () => {
    fc.assert(
      fc.property(anyTimeline, anyView, anyEdits, (timeline, { share, height }, edits) => {
        const position = positionIn(timeline, share, height);
        const anchor = captureAnchor(timeline, position, height);
        const after = edits.reduce((each, edit, number) => {
          const month = each.months[edit.month % Math.max(1, each.months.length)];
          if (month?.kind !== "loaded") return each;
          const photo = Math.floor(edit.share * (month.count - 1));
          const photos = edit.insert
            ? withNew(month.photos, photo, `new/${number}`)
            : without(month.photos, photo);
          return load(each, photos);
        }, timeline);
        expectUnmoved(timeline, after, anchor, position);
      }),
    );
  });

  it("does not move when the container's width changes", () => {
    fc.assert(
      fc.property(anyTimeline, anyView, anyMetrics, (timeline, { share, height }, metrics) => {
        const position = positionIn(timeline, share, height);
        const anchor = captureAnchor(timeline, position, height);
        const layouts = new Map(
          timeline.months
            .filter((each) => each.kind === "loaded")
            .map((each) => [each.month, runAtOnce(layoutMonth(each.photos, metrics))]),
        );
        const after = withMetrics(timeline, metrics, DEFAULT_STATISTICS, layouts);
        expectUnmoved(timeline, after, anchor, position);
      }),
    );
  });

  it("of a photo that is gone is the one that took its index, or its month's earlier ones", () => {
    fc.assert(
      fc.property(anyTimeline, anyView, (timeline, { share, height }) => {
        const position = positionIn(timeline, share, height);
        const anchor = captureAnchor(timeline, position, height);
        if (anchor?.kind !== "photo") return;
        const month = timeline.months.find((each) => each.month === anchor.month);
        if (month?.kind !== "loaded") return;
        const photos = without(month.photos, anchor.photo);
        const after = load(timeline, photos);
        const index = Math.min(anchor.photo, photos.ids.length - 1);
        const top =
          index < 0
            ? at(after.tops, indexOfMonth(after, anchor.month))
            : topOf(after, anchor.month, photos.ids[index] ?? "");
        expect(top).toBe(resolveAnchor(after, anchor) + anchor.distance);
      }),
    );
  });

  it("stays within the content when its photos are unloaded", () => {
    fc.assert(
      fc.property(anyTimeline, anyView, (timeline, { share, height }) => {
        const position = positionIn(timeline, share, height);
        const anchor = captureAnchor(timeline, position, height);
        if (anchor === undefined) return;
        const after = timeline.months.reduce(
          (each, { month }) => withoutPhotos(each, month),
          timeline,
        );
        const state = scrollStateAt(after.height, height, resolveAnchor(after, anchor));
        expect(Math.abs(scrollPosition(state) - position)).toBeLessThan(timeline.height);
      }),
    );
  });

  it("at the very start lets new photos come into view", () => {
    fc.assert(
      fc.property(anyTimeline, anyMonth("2027-01"), (timeline, photos) => {
        const anchor = captureAnchor(timeline, 0, 800);
        expect(anchor).toEqual({ kind: "start" });
        if (anchor) expect(resolveAnchor(load(timeline, photos), anchor)).toBe(0);
      }),
    );
  });

  it("of an empty timeline is none", () => {
    const empty = createTimeline([], gridMetrics(800), DEFAULT_STATISTICS);
    expect(captureAnchor(empty, 0, 800)).toBeUndefined();
  });
});
