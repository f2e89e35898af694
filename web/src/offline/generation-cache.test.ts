import { Response as StoredResponse, caches as undiciCaches } from "undici";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Bounds, GenerationCache } from "./generation-cache";

const BOUNDS: Bounds = { prefix: "test-", mostEntries: 3, mostBytes: 10, mostAgeMs: 1_000 };
const HOST = "https://photos.example.org";

/** A storage as the browser's, in memory. */
const storage = undiciCaches as unknown as CacheStorage;
let now: number;
let cache: GenerationCache;

beforeEach(() => {
  // The storage takes responses of its own kind.
  vi.stubGlobal("Response", StoredResponse);
  now = 5_000;
  cache = open();
});

afterEach(async () => {
  vi.unstubAllGlobals();
  await Promise.all((await storage.keys()).map((name) => storage.delete(name)));
});

function open(): GenerationCache {
  return new GenerationCache(BOUNDS, storage, () => now);
}

function put(name: string, body = name): Promise<void> {
  return cache.put(`${HOST}/${name}`, new Response(body, { headers: { ETag: `"${name}"` } }));
}

async function read(name: string): Promise<string | undefined> {
  return (await cache.match(`${HOST}/${name}`))?.text();
}

async function entries(): Promise<number> {
  const names = await storage.keys();
  const all = names.map(async (name) => (await (await storage.open(name)).keys()).length);
  return (await Promise.all(all)).reduce((sum, count) => sum + count, 0);
}

test("what is stored is found again, by another instance too, with its headers", async () => {
  await put("one");
  cache = open();

  const response = await cache.match(`${HOST}/one`);

  expect(await response?.text()).toBe("one");
  expect(response?.headers.get("ETag")).toBe('"one"');
  expect(await read("two")).toBeUndefined();
});

test("never more than two generations are stored, and the latest entries are among them", async () => {
  for (let index = 0; index < 50; index += 1) {
    // A worker ends between requests, and begins to count anew.
    if (index % 7 === 0) cache = open();
    await put(`photo-${index}`, "pixels");
    expect(await entries()).toBeLessThanOrEqual(2 * BOUNDS.mostEntries);
  }

  expect(await read("photo-49")).toBe("pixels");
  expect(await read("photo-47")).toBe("pixels");
  expect(await read("photo-40")).toBeUndefined();
});

test("what is read outlives what is not", async () => {
  await put("old");
  await put("read");
  for (let index = 0; index < 12; index += 1) {
    await put(`photo-${index}`, "pixels");
    expect(await read("read")).toBe("read");
    // What was read is stored once more after it was returned.
    await put(`other-${index}`, "pixels");
  }

  expect(await read("old")).toBeUndefined();
});

test("many writes at once begin one generation", async () => {
  await Promise.all(["a", "b", "c"].map((name) => put(name)));

  expect(await storage.keys()).toHaveLength(1);
  expect(await entries()).toBe(3);
});

test("what is too large is not stored", async () => {
  await put("large", "more than ten");

  expect(await read("large")).toBeUndefined();
});

test("what is too old is removed", async () => {
  await put("one");
  now += BOUNDS.mostAgeMs + 1;

  expect(await read("one")).toBeUndefined();
  expect(await cache.isEmpty()).toBe(true);
  expect(await storage.keys()).toEqual([]);
});

test("clearing removes also what is being stored, and nothing of others", async () => {
  await storage.open("other");
  await put("one");
  const late = put("two");

  await cache.clear();
  await late;

  expect(await storage.keys()).toEqual(["other"]);
  await put("three");
  expect(await read("three")).toBe("three");
});
