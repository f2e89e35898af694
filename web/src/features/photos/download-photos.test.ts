// @vitest-environment jsdom
import type { TFunction } from "i18next";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { session } from "@/api/session";
import { shownToasts, subscribeToToasts, type Toast } from "@/ui/toasts";
import { downloadHits, downloadList, downloadPhotos } from "./download-photos";

// Before the client of the API takes it: a browser resolves a path against the page's address.
vi.hoisted(() => {
  globalThis.Request = class extends Request {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(typeof input === "string" ? new URL(input, "http://localhost") : input, init);
    }
  };
});

const said: Toast[] = [];
subscribeToToasts(() => said.push(...shownToasts().slice(-1)));

const t = ((key: string, values: object = {}) =>
  [key, ...Object.values(values)].join(" ")) as unknown as TFunction;

/** The gallery's part of the contract, and what the browser is told to download. */
class FakeDownloads {
  readonly requested: unknown[] = [];
  readonly started: string[] = [];
  original: string | null = "http://localhost/originals/a.jpg";
  failed = 0;
  refusal: string | undefined;

  readonly fetch = async (input: RequestInfo | URL): Promise<Response> => {
    const request = new Request(input);
    if (request.method === "GET") return Response.json({ original_url: this.original });
    this.requested.push(await request.json());
    if (this.refusal !== undefined) {
      const body = { type: "", title: "", status: 422, detail: "", code: this.refusal, errors: [] };
      return Response.json(body, { status: 422 });
    }
    const url = "/api/v1/downloads/1?token=secret";
    return Response.json({ url, count: 2, size: 2048, failed: this.failed }, { status: 201 });
  };
}

let downloads: FakeDownloads;

beforeEach(() => {
  said.length = 0;
  downloads = new FakeDownloads();
  vi.stubGlobal("fetch", downloads.fetch);
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
    this: HTMLAnchorElement,
  ) {
    downloads.started.push(this.href);
  });
  session.begin({
    access_token: "token",
    refresh_token: "",
    refresh_expires_at: "",
    expires_in: 900,
    token_type: "Bearer",
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const ZIP = `${location.origin}/api/v1/downloads/1?token=secret`;
const words = () => said.map(({ text }) => text);

test("one photo is downloaded as its original", async () => {
  await downloadPhotos(["a"], t);

  expect(downloads.started).toEqual(["http://localhost/originals/a.jpg"]);
  expect(downloads.requested).toEqual([]);
});

test("an original that is not stored is said", async () => {
  downloads.original = null;
  await downloadPhotos(["a"], t);

  expect(downloads.started).toEqual([]);
  expect(words()).toEqual(["photos.download.missing 1"]);
});

test("several photos are one ZIP file", async () => {
  await downloadPhotos(["a", "b"], t);

  expect(downloads.requested).toEqual([{ ids: ["a", "b"] }]);
  expect(downloads.started).toEqual([ZIP]);
  expect(words()).toEqual(["photos.download.started 2 2 kB"]);
});

test("all of a list is downloaded without its ids, all of a search by them", async () => {
  await downloadList({ query: { favorite: true }, excluded: ["b"], count: 3 }, t);
  await downloadHits({ loadIds: async () => ["a", "c"], count: 2 }, t);

  expect(downloads.requested).toEqual([
    { query: { favorite: true, excluded: ["b"] } },
    { ids: ["a", "c"] },
  ]);
  expect(downloads.started).toEqual([ZIP, ZIP]);
});

test("photos that are not in it are counted", async () => {
  downloads.failed = 3;
  await downloadPhotos(["a", "b"], t);

  expect(downloads.started).toEqual([ZIP]);
  expect(words().at(-1)).toBe("photos.download.missing 3");
});

test("too much for one download is said, and nothing is downloaded", async () => {
  downloads.refusal = "download_too_large";
  await downloadPhotos(["a", "b"], t);
  await downloadPhotos(
    Array.from({ length: 10_001 }, (_, number) => `${number}`),
    t,
  );

  expect(downloads.requested.length).toBe(1);
  expect(downloads.started).toEqual([]);
  expect(words()).toEqual(["problem.download_too_large", "problem.download_too_large"]);
});
