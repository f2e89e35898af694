import fc from "fast-check";
import { expect, test } from "vitest";
import { keepUnchanged, loadMonth } from "./load-month";
import type { MonthColumns } from "./month-columns";

function monthOf(ids: readonly string[], version: string | null): MonthColumns {
  const nulls = ids.map(() => null);
  return {
    month: "2026-06",
    count: ids.length,
    version,
    id: [...ids],
    name: [...ids],
    status: ids.map(() => "ready" as const),
    aspect_ratio: nulls,
    blurhash: nulls,
    second: ids.map(() => 0),
    offset: nulls,
    favorite: ids.map(() => false),
    duration: nulls,
    thumbnail_templates: [],
    thumbnail_template: nulls,
    thumbnail_key: nulls,
    thumbnail_signature: nulls,
  };
}

/** A month in pages by keyset, whose versions are what `nextVersion` says at each request. */
function pagesOf(
  ids: readonly string[],
  pageSize: number,
  nextVersion: () => string | null,
): (cursor: string | undefined) => Promise<MonthColumns> {
  return async (cursor) => {
    const start = cursor === undefined ? 0 : Number(cursor);
    const end = start + pageSize;
    const page = monthOf(ids.slice(start, end), nextVersion());
    return end < ids.length ? { ...page, next_cursor: String(end) } : page;
  };
}

test("a month has all photos of its pages in their order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.string()),
      fc.integer({ min: 1, max: 9 }),
      async (ids, pageSize) => {
        const month = await loadMonth(pagesOf(ids, pageSize, () => "v"));
        expect(month.id).toEqual(ids);
        expect(month.version).toBe("v");
      },
    ),
  );
});

test("a month that changes between two pages is read again", async () => {
  const versions = ["v1", "v2", "v2", "v2"];
  const month = await loadMonth(pagesOf(["a", "b"], 1, () => versions.shift() ?? null));

  expect(month.version).toBe("v2");
  expect(versions).toEqual([]);
});

test("one that changes all the time has its photos and no version", async () => {
  let version = 0;
  const month = await loadMonth(
    pagesOf(["a", "b"], 1, () => {
      version += 1;
      return String(version);
    }),
  );

  expect(month.id).toEqual(["a", "b"]);
  expect(month.version).toBeNull();
  expect(version).toBe(6);
});

test("a month without a version, as during an import, is read once", async () => {
  let requests = 0;
  const month = await loadMonth(
    pagesOf(["a", "b", "c"], 1, () => {
      requests += 1;
      return null;
    }),
  );

  expect(month.id).toEqual(["a", "b", "c"]);
  expect(requests).toBe(3);
});

test("what is shown stays the same object until its version or its URLs change", () => {
  const month = { ...monthOf(["a"], "v"), thumbnail_templates: ["old"] };

  expect(keepUnchanged(month, structuredClone(month))).toBe(month);
  for (const changed of [
    { ...month, version: "w" },
    { ...month, thumbnail_templates: ["new"] },
  ]) {
    expect(keepUnchanged(month, changed)).toBe(changed);
  }
  const uncounted = { ...month, version: null };
  expect(keepUnchanged({ ...month, version: null }, uncounted)).toBe(uncounted);
});
