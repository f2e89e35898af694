import { expect, test } from "vitest";
import { countCertain, percentOf, type SearchHit } from "./reasons";

type Scored = Pick<SearchHit, "matched" | "score">;

const visual = (score: number): Scored => ({ score, matched: { text: [], visual: score } });
const textual: Scored = { score: 0.7, matched: { text: ["filename"], visual: null } };

test("results are certain down to a probability of one half", () => {
  expect(countCertain([visual(0.9), textual, visual(0.5), visual(0.49), visual(0.2)])).toBe(3);
  expect(countCertain([visual(0.3)])).toBe(0);
  expect(countCertain([textual])).toBe(1);
});

test("photos that only filters found are certain, whatever their score", () => {
  const newest: Scored = { score: 0, matched: { text: [], visual: null } };
  expect(countCertain([newest, newest])).toBe(2);
});

test("a share is a percentage in the reader's language", () => {
  expect(percentOf(0.871, "en")).toBe("87%");
  expect(percentOf(-0.1, "en")).toBe("0%");
});
