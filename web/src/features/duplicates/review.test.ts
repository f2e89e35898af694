import fc from "fast-check";
import { expect, test } from "vitest";
import {
  advance,
  type Command,
  changesOf,
  commandOf,
  type DuplicateGroup,
  type Review,
  startAt,
  trashedOf,
  withKeeperFirst,
} from "./review";

type Photo = DuplicateGroup["photos"][number];

function group(id: string, photos: readonly string[], keeper = photos[0] ?? ""): DuplicateGroup {
  return {
    id,
    tier: "same",
    photos: photos.map((photoId) => ({ id: photoId }) as Photo),
    count: photos.length,
    keeper,
    why: ["more_pixels"],
    likeness: 0.99,
  };
}

const GROUPS = [
  group("g1", ["a", "b"], "b"),
  group("g2", ["c", "d", "e"]),
  group("g3", ["f", "g"]),
];

function run(...commands: Command[]): Review {
  return commands.reduce((review, each) => advance(review, GROUPS, each), startAt(0, GROUPS));
}

test("the suggestion is kept and the others go, one group after another", () => {
  const review = run({ type: "confirm" }, { type: "confirm" });

  expect(review.decisions).toEqual([
    { groupId: "g1", trashed: ["a"] },
    { groupId: "g2", trashed: ["d", "e"] },
  ]);
  expect(review.position).toBe(2);
  expect([...review.kept]).toEqual(["f"]);
});

test("another one is chosen, or several", () => {
  const other = run({ type: "keep", index: 0, also: false }, { type: "confirm" });
  expect(other.decisions).toEqual([{ groupId: "g1", trashed: ["b"] }]);

  const two = run({ type: "next" }, { type: "keep", index: 2, also: true }, { type: "confirm" });
  expect(two.decisions).toEqual([{ groupId: "g2", trashed: ["d"] }]);
});

test("keeping all trashes nothing, and the group counts as decided", () => {
  expect(run({ type: "keepAll" }).decisions).toEqual([{ groupId: "g1", trashed: [] }]);
});

test("the last photo that is kept cannot be taken out", () => {
  const review = run({ type: "keep", index: 1, also: true });
  expect([...review.kept]).toEqual(["b"]);
});

test("undo goes back to the group, with what was chosen", () => {
  const review = run(
    { type: "keep", index: 0, also: false },
    { type: "confirm" },
    { type: "next" },
    { type: "undo" },
  );
  expect(review).toEqual({ position: 0, kept: new Set(["a"]), decisions: [] });
  expect(run({ type: "undo" })).toEqual(startAt(0, GROUPS));
});

test("there is nothing before the first group and nothing to decide after the last", () => {
  expect(run({ type: "previous" }).position).toBe(0);
  const end = run({ type: "next" }, { type: "next" }, { type: "next" }, { type: "confirm" });
  expect(end).toEqual({ position: 3, kept: new Set(), decisions: [] });
});

test("a group that was decided is decided anew: what is kept now leaves the trash", () => {
  const first = run({ type: "confirm" }, { type: "previous" });
  expect([...first.kept]).toEqual(["b"]);
  const second = advance(advance(first, GROUPS, { type: "keep", index: 0, also: false }), GROUPS, {
    type: "confirm",
  });

  const [decision, ...others] = second.decisions;
  expect(others).toEqual([]);
  expect(decision && changesOf(decision, first.decisions[0])).toEqual({
    restore: ["a"],
    trash: ["b"],
  });
});

const COMMAND: fc.Arbitrary<Command> = fc.oneof(
  fc
    .constantFrom("confirm", "keepAll", "next", "previous", "undo")
    .map((type) => ({ type }) as Command),
  fc.record({
    type: fc.constant("keep" as const),
    index: fc.integer({ min: 0, max: 4 }),
    also: fc.boolean(),
  }),
);

test("whatever is pressed, no group loses all its photos or is decided twice", () => {
  fc.assert(
    fc.property(fc.array(COMMAND), (commands) => {
      const { decisions, position } = run(...commands);
      for (const { groupId, trashed } of decisions) {
        const decided = GROUPS.find(({ id }) => id === groupId);
        expect(trashed.length).toBeLessThan(decided?.photos.length ?? 0);
      }
      expect(new Set(decisions.map(({ groupId }) => groupId)).size).toBe(decisions.length);
      expect(position).toBeLessThanOrEqual(GROUPS.length);
    }),
  );
});

test("the suggestion is the first of its group", () => {
  const { photos } = withKeeperFirst(group("g", ["a", "b", "c"], "b"));
  expect(photos.map(({ id }) => id)).toEqual(["b", "a", "c"]);
});

test("what is not kept is trashed", () => {
  expect(trashedOf(group("g", ["a", "b", "c"]), new Set(["b"]))).toEqual(["a", "c"]);
});

const PLAIN = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };

test.each([
  [{ key: "Enter", code: "Enter" }, { type: "confirm" }],
  [{ key: "a", code: "KeyA" }, { type: "keepAll" }],
  [{ key: "ش", code: "KeyA" }, { type: "keepAll" }],
  [
    { key: "2", code: "Digit2" },
    { type: "keep", index: 1, also: false },
  ],
  [
    { key: '"', code: "Digit2", shiftKey: true },
    { type: "keep", index: 1, also: true },
  ],
  [{ key: "ArrowRight", code: "ArrowRight" }, { type: "next" }],
  [{ key: "ArrowLeft", code: "ArrowLeft" }, { type: "previous" }],
  [{ key: "z", code: "KeyZ", ctrlKey: true }, { type: "undo" }],
  [{ key: "z", code: "KeyY" }, { type: "undo" }],
  [{ key: "a", code: "KeyA", ctrlKey: true }, undefined],
  [{ key: "x", code: "KeyX" }, undefined],
])("%o is %o", (key, command) => {
  expect(commandOf({ ...PLAIN, ...key }, false)).toEqual(command);
});

test("arrows follow the direction of the script", () => {
  expect(commandOf({ ...PLAIN, key: "ArrowLeft", code: "ArrowLeft" }, true)).toEqual({
    type: "next",
  });
});
