import { afterEach, expect, test } from "vitest";
import { queryClient } from "@/api/query-client";
import type { PendingChanges } from "@/features/photos/pending-changes";
import { monthQuery } from "./months";
import { withoutEmptied } from "./shown-buckets";
import { columnsOf } from "./testing/columns";

const BUCKETS = [
  { month: "2026-06", count: 1, version: "v" },
  { month: "2026-05", count: 2, version: "v" },
];
const IN_TRASH = { libraryState: "trash" } as const;

afterEach(() => queryClient.clear());

function load(month: string, ...ids: readonly string[]): void {
  queryClient.setQueryData(monthQuery(month).queryKey, columnsOf(month, "v", ids));
}

function months(pending: PendingChanges): readonly string[] {
  return withoutEmptied(BUCKETS, pending).map(({ month }) => month);
}

test("a month goes with its last photo, and comes back when that fails", () => {
  load("2026-06", "a");
  load("2026-05", "b", "c");

  expect(months(new Map([["a", IN_TRASH]]))).toEqual(["2026-05"]);
  expect(months(new Map([["b", IN_TRASH]]))).toEqual(["2026-06", "2026-05"]);
  expect(months(new Map())).toEqual(["2026-06", "2026-05"]);
});

test("a month that is not loaded, or was loaded before it had photos, is there", () => {
  load("2026-06");

  expect(months(new Map([["a", IN_TRASH]]))).toEqual(["2026-06", "2026-05"]);
});

test("the list is another one only for other months", () => {
  load("2026-06", "a");

  const favorite = withoutEmptied(BUCKETS, new Map([["a", { favorite: true }]]));
  const trashed = withoutEmptied(BUCKETS, new Map([["a", IN_TRASH]]));

  expect(favorite).toBe(BUCKETS);
  expect(withoutEmptied(BUCKETS, new Map([["a", IN_TRASH]]))).toBe(trashed);
});
