import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyTimeline } from "./arbitraries";
import { itemAt } from "./columns";
import { sectionCount } from "./month-layout";
import {
  countSelected,
  EVERYTHING,
  extentOf,
  invertSelection,
  isSelected,
  NOTHING,
  type PhotoSelection,
  togglePhoto,
  withGroup,
  withGroups,
  withoutMissing,
  withPhotos,
} from "./selection";
import { dayIds, withDay, withRange } from "./selection-range";
import {
  type LoadedMonth,
  loadedMonth,
  type PhotoPosition,
  type Timeline,
  withoutPhotos,
} from "./timeline";

const GROUPS = ["2026-03", "2026-02", "2026-01"] as const;
const SIZE = 6;
const UNIVERSE = GROUPS.flatMap((group) =>
  Array.from({ length: SIZE }, (_, index) => ({ group, id: `${group}/${index}` })),
);
const COUNTS = GROUPS.map((month) => ({ month, count: SIZE }));

interface Operation {
  readonly name: string;
  apply(selection: PhotoSelection): PhotoSelection;
  /** The same on a plain set of ids. */
  applyToIds(ids: ReadonlySet<string>): ReadonlySet<string>;
}

const anyGroup = fc.constantFrom(...GROUPS);
const anyIds = fc.uniqueArray(fc.nat(SIZE - 1));

function withIds(
  ids: ReadonlySet<string>,
  some: readonly string[],
  selected: boolean,
): Set<string> {
  const result = new Set(ids);
  for (const id of some) {
    if (selected) result.add(id);
    else result.delete(id);
  }
  return result;
}

const idsOf = (group: string): readonly string[] =>
  UNIVERSE.filter((each) => each.group === group).map((each) => each.id);

const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(anyGroup, anyIds, fc.boolean()).map(([group, indexes, selected]): Operation => {
    const ids = indexes.map((index) => `${group}/${index}`);
    return {
      name: `photos ${ids.join()} ${selected}`,
      apply: (selection) => withPhotos(selection, group, ids, selected),
      applyToIds: (before) => withIds(before, ids, selected),
    };
  }),
  fc.tuple(anyGroup, fc.boolean()).map(
    ([group, selected]): Operation => ({
      name: `group ${group} ${selected}`,
      apply: (selection) => withGroup(selection, group, selected),
      applyToIds: (before) => withIds(before, idsOf(group), selected),
    }),
  ),
  fc.tuple(fc.uniqueArray(anyGroup), fc.boolean()).map(
    ([groups, selected]): Operation => ({
      name: `groups ${groups.join()} ${selected}`,
      apply: (selection) => withGroups(selection, groups, selected),
      applyToIds: (before) => withIds(before, groups.flatMap(idsOf), selected),
    }),
  ),
  fc.tuple(anyGroup, fc.nat(SIZE - 1)).map(
    ([group, index]): Operation => ({
      name: `toggle ${group}/${index}`,
      apply: (selection) => togglePhoto(selection, group, `${group}/${index}`),
      applyToIds: (before) => {
        const id = `${group}/${index}`;
        return withIds(before, [id], !before.has(id));
      },
    }),
  ),
  fc.constant<Operation>({
    name: "invert",
    apply: invertSelection,
    applyToIds: (before) =>
      new Set(UNIVERSE.map((each) => each.id).filter((id) => !before.has(id))),
  }),
  fc.constant<Operation>({
    name: "all",
    apply: () => EVERYTHING,
    applyToIds: () => new Set(UNIVERSE.map((each) => each.id)),
  }),
);

const anyOperations = fc.array(anyOperation, { maxLength: 20 });

function apply(operations: readonly Operation[]): PhotoSelection {
  return operations.reduce((selection, operation) => operation.apply(selection), NOTHING);
}

function selectedIds(selection: PhotoSelection): ReadonlySet<string> {
  const selected = UNIVERSE.filter(({ group, id }) => isSelected(selection, group, id));
  return new Set(selected.map((each) => each.id));
}

describe("a selection", () => {
  it("is the set that the same operations make of plain ids, and counts it", () => {
    fc.assert(
      fc.property(anyOperations, (operations) => {
        const expected = operations.reduce(
          (ids, operation) => operation.applyToIds(ids),
          new Set<string>() as ReadonlySet<string>,
        );
        const selection = apply(operations);
        expect(selectedIds(selection)).toEqual(expected);
        expect(countSelected(selection, COUNTS)).toBe(expected.size);
        for (const group of GROUPS) {
          const size = idsOf(group).filter((id) => expected.has(id)).length;
          const extent = size === 0 ? "none" : size === SIZE ? "all" : "some";
          expect(extentOf(selection, group, idsOf(group))).toBe(extent);
        }
      }),
    );
  });

  it("inverted twice is itself; inverted counts the rest", () => {
    fc.assert(
      fc.property(anyOperations, (operations) => {
        const selection = apply(operations);
        const inverse = invertSelection(selection);
        expect(invertSelection(inverse)).toEqual(selection);
        const total = countSelected(selection, COUNTS) + countSelected(inverse, COUNTS);
        expect(total).toBe(UNIVERSE.length);
      }),
    );
  });

  it("does not change by an operation that is repeated, nor the value before it", () => {
    fc.assert(
      fc.property(anyOperations, anyGroup, anyIds, fc.boolean(), (operations, group, some, on) => {
        const ids = some.map((index) => `${group}/${index}`);
        const before = apply(operations);
        const copy = selectedIds(before);
        const once = withPhotos(before, group, ids, on);
        expect(withPhotos(once, group, ids, on)).toEqual(once);
        expect(selectedIds(before)).toEqual(copy);
      }),
    );
  });

  it("of everything includes photos that come later, and none that are excepted", () => {
    const selection = withPhotos(EVERYTHING, "2026-03", ["a", "b"], false);
    expect(isSelected(selection, "2027-01", "new")).toBe(true);
    expect(countSelected(selection, [{ month: "2026-03", count: 1_000_000 }])).toBe(999_998);
    const reloaded = withoutMissing(selection, "2026-03", ["b", "c"]);
    expect(countSelected(reloaded, [{ month: "2026-03", count: 999_999 }])).toBe(999_998);
  });
});

describe("a range", () => {
  function loadedPositions(timeline: Timeline): readonly PhotoPosition[] {
    return timeline.months.flatMap((month) =>
      month.kind === "loaded"
        ? month.photos.ids.map((_, photo) => ({ month: month.month, photo }))
        : [],
    );
  }

  it("has every photo from one to the other, whichever is first, and months between", () => {
    fc.assert(
      fc.property(anyTimeline, fc.nat(), fc.nat(), fc.boolean(), (timeline, one, other, on) => {
        const positions = loadedPositions(timeline);
        fc.pre(positions.length > 0);
        const first = Math.min(one % positions.length, other % positions.length);
        const last = Math.max(one % positions.length, other % positions.length);
        const [from, to] = [itemAt(positions, first), itemAt(positions, last)];
        const base = on ? NOTHING : EVERYTHING;
        const selection = withRange(base, timeline, from, to, on);
        expect(withRange(base, timeline, to, from, on)).toEqual(selection);
        positions.forEach(({ month, photo }, index) => {
          const id = itemAt(loadedMonth(timeline, month).photos.ids, photo);
          const inside = index >= first && index <= last;
          expect(isSelected(selection, month, id)).toBe(inside === on);
        });
        const between = timeline.months.filter(
          ({ kind, month }) => kind === "estimated" && month < from.month && month > to.month,
        );
        for (const month of timeline.months.filter(({ kind }) => kind === "estimated")) {
          const inside = between.includes(month);
          expect(isSelected(selection, month.month, "any")).toBe(inside === on);
        }
        const size = between.reduce((sum, { count }) => sum + count, last - first + 1);
        const total = timeline.months.reduce((sum, { count }) => sum + count, 0);
        expect(countSelected(selection, timeline.months)).toBe(on ? size : total - size);
      }),
    );
  });

  it("needs its ends loaded", () => {
    fc.assert(
      fc.property(anyTimeline, (timeline) => {
        const month = itemAt(timeline.months, 0).month;
        const position = { month, photo: 0 };
        const unloaded = withoutPhotos(timeline, month);
        expect(() => withRange(NOTHING, unloaded, position, position, true)).toThrow(RangeError);
      }),
    );
  });

  it("of a day is all its photos and no other", () => {
    fc.assert(
      fc.property(anyTimeline, fc.nat(), (timeline, pick) => {
        const loaded = timeline.months.filter(
          (each): each is LoadedMonth => each.kind === "loaded",
        );
        fc.pre(loaded.length > 0);
        const month = itemAt(loaded, pick % loaded.length);
        const section = pick % sectionCount(month.layout);
        const selection = withDay(NOTHING, month, section, true);
        const day = month.layout.sectionDay[section];
        month.photos.ids.forEach((id, photo) => {
          const ofDay = month.photos.days[photo] === day;
          expect(isSelected(selection, month.month, id)).toBe(ofDay);
        });
        expect(extentOf(selection, month.month, dayIds(month, section))).toBe("all");
        expect(withDay(selection, month, section, false)).toEqual(NOTHING);
      }),
    );
  });
});
