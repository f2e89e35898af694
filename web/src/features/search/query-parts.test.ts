import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDay, formatPeriod, withoutPart } from "./query-parts";

test("a part is cut out with the blanks beside it", () => {
  expect(withoutPart("dog tag:beach 2019", { start: 4, end: 13 })).toBe("dog 2019");
  expect(withoutPart("lisbon", { start: 0, end: 6 })).toBe("");
});

test("positions are code points", () => {
  expect(withoutPart("🐕🐕 lisbon sunset", { start: 3, end: 9 })).toBe("🐕🐕 sunset");
});

test("what is before and after a part stays", () => {
  const words = fc.string({ unit: fc.constantFrom("a", "ß", "海", "🌊") });
  fc.assert(
    fc.property(words, words, words, (before, part, after) => {
      const start = [...before].length + 1;
      const end = start + [...part].length;
      const rest = withoutPart(`${before} ${part} ${after}`, { start, end });
      expect(rest).toBe(`${before} ${after}`.trim());
    }),
  );
});

test("whole months and years are called by their names", () => {
  expect(formatPeriod("2024-05-01/2024-05-31", "en")).toBe("May 2024");
  expect(formatPeriod("2024-02-01/2024-02-29", "de")).toBe("Februar 2024");
  expect(formatPeriod("2024-01-01/2024-12-31", "en")).toBe("2024");
  expect(formatPeriod("2015-01-01/2018-12-31", "en")).toBe("2015–2018");
  expect(formatPeriod("--05", "en")).toBe("May");
});

test("other periods are ranges of days", () => {
  expect(formatPeriod("2024-05-03/2024-05-03", "en")).toBe("May 3, 2024");
  expect(formatPeriod("2024-05-03/2024-05-09", "en")).toMatch(/^May 3\s*–\s*9, 2024$/);
  expect(formatPeriod("2024-05-03", "en")).toBe("May 3, 2024");
  expect(formatPeriod("soon", "en")).toBe("soon");
  expect(formatDay("2024-05-03T10:00", "en")).toBe("May 3, 2024");
  expect(formatDay("soon", "en")).toBe("soon");
});
