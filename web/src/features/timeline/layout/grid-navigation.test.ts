import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyTimeline } from "./arbitraries";
import { itemAt } from "./columns";
import { type Direction, neighbour, photoBox, positionToShow } from "./grid-navigation";
import type { PhotoPosition, Timeline } from "./timeline";

const anyPhoto = fc
  .tuple(anyTimeline, fc.nat())
  .map(([timeline, pick]): readonly [Timeline, PhotoPosition | undefined] => {
    const positions = positionsOf(timeline);
    return [timeline, positions[pick % Math.max(1, positions.length)]];
  });

function positionsOf(timeline: Timeline): readonly PhotoPosition[] {
  return timeline.months.flatMap((month) =>
    month.kind === "loaded"
      ? month.photos.ids.map((_, photo) => ({ month: month.month, photo }))
      : [],
  );
}

function photoIn(
  timeline: Timeline,
  from: PhotoPosition,
  direction: Direction,
): PhotoPosition | undefined {
  const target = neighbour(timeline, from, direction);
  return target !== undefined && "photo" in target ? target : undefined;
}

describe("arrow keys", () => {
  it("go through all photos in order, and back", () => {
    fc.assert(
      fc.property(anyPhoto, ([timeline, from]) => {
        if (from === undefined) return;
        const next = photoIn(timeline, from, "next");
        if (next === undefined) return;
        const positions = positionsOf(timeline);
        const index = positions.findIndex(
          (each) => each.month === from.month && each.photo === from.photo,
        );
        expect(next).toEqual(itemAt(positions, index + 1));
        expect(neighbour(timeline, next, "previous")).toEqual(from);
      }),
    );
  });

  it("up and down go to the nearest row above and below, by the nearest middle", () => {
    fc.assert(
      fc.property(anyPhoto, fc.boolean(), ([timeline, from], down) => {
        if (from === undefined) return;
        const target = photoIn(timeline, from, down ? "down" : "up");
        const box = photoBox(timeline, from);
        const middle = box.left + box.width / 2;
        const beyond = positionsOf(timeline)
          .map((position) => ({ position, box: photoBox(timeline, position) }))
          .filter((each) => (down ? each.box.top > box.top : each.box.top < box.top));
        if (target === undefined) return;
        const targetBox = photoBox(timeline, target);
        const tops = beyond.map((each) => each.box.top);
        expect(targetBox.top).toBe(down ? Math.min(...tops) : Math.max(...tops));
        const distance = Math.abs(targetBox.left + targetBox.width / 2 - middle);
        for (const each of beyond.filter((one) => one.box.top === targetBox.top)) {
          const other = Math.abs(each.box.left + each.box.width / 2 - middle);
          expect(distance).toBeLessThanOrEqual(other);
        }
      }),
    );
  });

  it("end at the timeline's ends and at months to load", () => {
    fc.assert(
      fc.property(
        anyPhoto,
        fc.constantFrom("next" as const, "down" as const),
        ([timeline, from], key) => {
          if (from === undefined) return;
          const index = timeline.months.findIndex((each) => each.month === from.month);
          const month = itemAt(timeline.months, index);
          const last = { month: from.month, photo: month.count - 1 };
          const below = timeline.months[index + 1];
          const target = neighbour(timeline, last, key);
          if (below === undefined) expect(target).toBeUndefined();
          else if (below.kind === "estimated") {
            expect(target).toEqual({ month: below.month, edge: "first" });
          } else expect(target).toMatchObject({ month: below.month });
        },
      ),
    );
  });

  it("reach the row's ends", () => {
    fc.assert(
      fc.property(anyPhoto, ([timeline, from]) => {
        if (from === undefined) return;
        const box = photoBox(timeline, from);
        const start = photoIn(timeline, from, "rowStart");
        const end = photoIn(timeline, from, "rowEnd");
        expect(start && photoBox(timeline, start)).toMatchObject({ top: box.top, left: 0 });
        expect(end && photoBox(timeline, end).top).toBe(box.top);
        if (end === undefined) return;
        const after = photoIn(timeline, end, "next");
        if (after) expect(photoBox(timeline, after).top).toBeGreaterThan(box.top);
      }),
    );
  });
});

describe("the position that shows a photo", () => {
  it("has it in view, and is the present one where it is already", () => {
    const anyPosition = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(anyPhoto, anyPosition, fc.nat(40), ([timeline, from], position, margin) => {
        if (from === undefined) return;
        const box = photoBox(timeline, from);
        const after = positionToShow(box, position, 900, margin);
        expect(after).toBeLessThanOrEqual(box.top - margin);
        const fits = box.height + 2 * margin <= 900;
        if (fits) expect(after + 900).toBeGreaterThanOrEqual(box.top + box.height + margin);
        expect(positionToShow(box, after, 900, margin)).toBe(after);
        const inView =
          position <= box.top - margin && position + 900 >= box.top + box.height + margin;
        if (inView) expect(after).toBe(position);
      }),
    );
  });
});
