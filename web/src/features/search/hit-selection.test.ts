// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { session } from "@/api/session";
import type { ListSelection } from "@/features/photos/use-list-selection";
import { chosenHits, MOST_SELECTED } from "./hit-selection";
import type { Photo } from "./reasons";

// Before the client of the API takes it: a browser resolves a path against the page's address.
vi.hoisted(() => {
  globalThis.Request = class extends Request {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(typeof input === "string" ? new URL(input, "http://localhost") : input, init);
    }
  };
});

/** Search's part of the contract: hits in pages, whose cursor is where the next one begins. */
function searchOf(total: number) {
  const limits: number[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const { searchParams } = new URL(request.url);
    const [start, limit] = [Number(searchParams.get("cursor")), Number(searchParams.get("limit"))];
    limits.push(limit);
    const ids = Array.from({ length: Math.min(limit, total - start) }, (_, at) => start + at);
    return Response.json({
      items: ids.map((id) => ({ photo: { id: `id-${id}` } })),
      total,
      next_cursor: start + limit < total ? String(start + limit) : null,
    });
  };
  vi.stubGlobal("fetch", fetch);
  return limits;
}

const PHOTOS = [{ id: "id-0" }, { id: "id-1" }] as unknown as readonly Photo[];

function selectionOf(ids: readonly string[], excluded?: readonly string[]): ListSelection {
  return {
    ids: new Set(ids),
    excluded: excluded && new Set(excluded),
    toggle: () => undefined,
    selectAll: () => undefined,
    clear: () => undefined,
  };
}

beforeEach(() =>
  session.begin({
    access_token: "token",
    refresh_token: "",
    refresh_expires_at: "",
    expires_in: 900,
    token_type: "Bearer",
  }),
);

afterEach(() => vi.unstubAllGlobals());

const address = { q: "sea" };

test("all hits of a search are those of its pages, without what was taken out", async () => {
  searchOf(1_200);
  const hits = { address, photos: PHOTOS, total: 1_200, hasMore: true };
  const { whole, count } = chosenHits(hits, selectionOf(["id-0"], ["id-1"]));

  expect(count).toBe(1_199);
  const ids = await whole?.loadIds();
  expect(ids?.length).toBe(1_199);
  expect(ids).not.toContain("id-1");
});

test("of very many hits the best are selected", async () => {
  const limits = searchOf(20_000);
  const hits = { address, photos: PHOTOS, total: 20_000, hasMore: true };
  const { whole, count } = chosenHits(hits, selectionOf(["id-0", "id-1"], []));

  expect(count).toBe(MOST_SELECTED);
  expect((await whole?.loadIds())?.length).toBe(MOST_SELECTED);
  expect(limits.length).toBe(10);
});

test("hits that are all loaded need no search", () => {
  const hits = { address, photos: PHOTOS, total: 2, hasMore: false };
  expect(chosenHits(hits, selectionOf(["id-0"], ["id-1"]))).toMatchObject({
    photos: [{ id: "id-0" }],
    whole: undefined,
    count: 1,
  });
});
