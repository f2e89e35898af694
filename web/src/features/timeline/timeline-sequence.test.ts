import { afterEach, expect, test, vi } from "vitest";
import { queryClient } from "@/api/query-client";
import { dropChange, showChange } from "@/features/photos/pending-changes";
import { bucketsQuery, monthQuery } from "./months";
import { columnsOf } from "./testing/columns";
import { timelineSequence } from "./timeline-sequence";

function keep(month: string, ids: readonly string[]): void {
  queryClient.setQueryData(monthQuery(month).queryKey, columnsOf(month, "v", ids));
}

function keepBuckets(...months: readonly string[]): void {
  queryClient.setQueryData(
    bucketsQuery.queryKey,
    months.map((month) => ({ month, count: 2, version: "v" })),
  );
}

afterEach(() => queryClient.clear());

test("the last photo of a month is followed by the first of the next one", () => {
  keepBuckets("2026-06", "2026-05");
  keep("2026-06", ["a", "b"]);
  keep("2026-05", ["c", "d"]);
  const sequence = timelineSequence("2026-06");

  expect(["a", "b", "c", "d"].map(sequence.next)).toEqual(["b", "c", "d", null]);
  expect(["a", "b", "c", "d"].map(sequence.previous)).toEqual([null, "a", "b", "c"]);
});

test("photos that have just gone to the trash are passed", () => {
  keepBuckets("2026-06", "2026-05", "2026-04");
  keep("2026-06", ["a", "b"]);
  keep("2026-05", ["c"]);
  keep("2026-04", ["d"]);
  showChange(["b", "c"], { libraryState: "trash" });

  expect(timelineSequence("2026-06").next("a")).toBe("d");
  dropChange(["b", "c"]);
});

test("a month that is not loaded is loaded near the end of the one before it", async () => {
  keepBuckets("2026-06", "2026-05");
  keep("2026-06", ["a", "b"]);
  const load = vi.spyOn(queryClient, "fetchQuery").mockImplementation(async () => {
    await Promise.resolve();
    keep("2026-05", ["c"]);
  });
  const sequence = timelineSequence("2026-06");
  const loaded = new Promise<void>((resolve) => sequence.subscribe(resolve));

  expect(sequence.next("b")).toBeNull();
  await loaded;
  expect(sequence.next("b")).toBe("c");
  expect(load).toHaveBeenCalled();
});
