// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { queryClient } from "@/api/query-client";
import { session } from "@/api/session";
import { withChange } from "./pending-changes";
import { changePhoto, pendingChanges, trashPhoto } from "./photo-changes";
import { type PhotoDetail, photoQuery } from "./photo-query";

// Before the client of the API takes it: a browser resolves a path against the page's address.
vi.hoisted(() => {
  globalThis.Request = class extends Request {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(typeof input === "string" ? new URL(input, "http://localhost") : input, init);
    }
  };
});

const ID = "019ec528-9348-7b1c-9d42-6f0e8a5b3c11";
const PHOTO: PhotoDetail = {
  id: ID,
  owner_id: "owner",
  status: "ready",
  filename: "IMG_2041.jpg",
  content_type: "image/jpeg",
  size: 1,
  sha256: "",
  taken_at: "2026-06-13T17:42:07Z",
  taken_at_local: "2026-06-13T18:42:07",
  taken_at_offset: "+01:00",
  taken_at_source: "gps",
  created_at: "2026-06-14T08:03:51Z",
  favorite: false,
  hidden: false,
  caption: "before",
  tags: [{ name: "Beach", source: "ai", confidence: 0.9 }],
  exif: {},
  colors: [],
  variants: [],
  version: 3,
  steps: [],
};

/** The gallery's part of the contract: a version that each change must name. */
class FakeGallery {
  photo = PHOTO;
  readonly requests: string[] = [];
  readonly #reach: (() => void)[] = [];
  fault: number | undefined;

  /** Change the photo as another client does. */
  changeElsewhere(change: Partial<PhotoDetail>): void {
    this.photo = { ...this.photo, ...change, version: this.photo.version + 1 };
  }

  /** Let requests arrive one after another, when `arrive` is called. */
  hold = false;
  arrive(): void {
    this.#reach.shift()?.();
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    if (new URL(request.url).pathname.endsWith("/timeline")) return json({ buckets: [] });
    this.requests.push(`${request.method} ${request.headers.get("If-Match")}`);
    if (this.hold) await new Promise<void>((resolve) => this.#reach.push(resolve));
    if (this.fault !== undefined) return problem(this.fault, "unavailable");
    if (request.method === "GET") return json(this.photo);
    if (request.headers.get("If-Match") !== `"${this.photo.version}"`) {
      return problem(412, "precondition_failed");
    }
    if (request.method === "DELETE") return new Response(null, { status: 204 });
    if (request.method === "PATCH") {
      const patched = withChange(this.photo, await request.json());
      this.photo = { ...patched, version: this.photo.version + 1 };
    }
    return json(this.photo);
  };
}

function json(body: unknown): Response {
  return Response.json(body);
}

function problem(status: number, code: string): Response {
  const body = { type: "", title: "", status, detail: "", code, request_id: "", errors: [] };
  return Response.json(body, { status });
}

let gallery: FakeGallery;

beforeEach(() => {
  gallery = new FakeGallery();
  vi.stubGlobal("fetch", gallery.fetch);
  session.begin({
    access_token: "token",
    refresh_token: "",
    refresh_expires_at: "",
    expires_in: 900,
    token_type: "Bearer",
  });
  queryClient.clear();
  queryClient.setQueryData(photoQuery(ID).queryKey, PHOTO);
});

afterEach(() => vi.unstubAllGlobals());

/** The photo as the viewer shows it. */
function shown(): PhotoDetail {
  const loaded = queryClient.getQueryData(photoQuery(ID).queryKey) ?? PHOTO;
  return pendingChanges.of(ID).reduce(withChange, loaded);
}

test("a change is shown at once and sent with the version that it was made on", async () => {
  const saving = changePhoto(ID, { caption: "after" });
  expect(shown().caption).toBe("after");

  await saving;

  expect(gallery.requests).toEqual(['PATCH "3"']);
  expect(shown()).toEqual({ ...PHOTO, caption: "after", version: 4 });
});

test("changes of one photo are sent one after another, each on the version of the one before", async () => {
  gallery.hold = true;
  const saving = [
    changePhoto(ID, { caption: "after" }),
    changePhoto(ID, { tags_add: ["sea"] }),
    changePhoto(ID, { favorite: true }),
  ];
  expect(shown()).toMatchObject({ caption: "after", favorite: true });
  for (const call of saving) {
    await vi.waitFor(() => expect(gallery.requests.length).toBe(saving.indexOf(call) + 1));
    gallery.arrive();
    await call;
    expect(shown()).toMatchObject({ caption: "after", favorite: true });
  }

  expect(gallery.requests).toEqual(['PATCH "3"', 'PATCH "4"', 'PATCH "5"']);
  expect(gallery.photo.tags.map(({ name }) => name)).toEqual(["Beach", "sea"]);
});

test("a change that fails is taken back", async () => {
  gallery.fault = 503;
  const saving = changePhoto(ID, { rating: 5 });
  expect(shown().rating).toBe(5);

  await expect(saving).rejects.toMatchObject({ problem: { code: "unavailable" } });

  expect(shown()).toEqual(PHOTO);
});

test("after a change of another field elsewhere, the change is made on what the photo became", async () => {
  gallery.changeElsewhere({ favorite: true, tags: [] });

  await changePhoto(ID, { caption: "after", tags_add: ["sea"] });

  expect(gallery.requests).toEqual(['PATCH "3"', "GET null", 'PATCH "4"']);
  expect(shown()).toMatchObject({ caption: "after", favorite: true, version: 5 });
});

test("a change of the same field elsewhere is not overwritten but shown", async () => {
  gallery.changeElsewhere({ caption: "theirs" });

  await expect(changePhoto(ID, { caption: "mine" })).rejects.toMatchObject({
    problem: { code: "precondition_failed" },
  });

  expect(gallery.photo.caption).toBe("theirs");
  expect(shown().caption).toBe("theirs");
});

test("tags that differ in case are one, and one is removed by any spelling", () => {
  const names = (photo: PhotoDetail) => photo.tags.map(({ name, source }) => `${name} ${source}`);
  expect(names(withChange(PHOTO, { tags_add: ["BEACH", "sea"] }))).toEqual([
    "BEACH user",
    "sea user",
  ]);
  expect(names(withChange(PHOTO, { tags_remove: ["beach"] }))).toEqual([]);
});

test("a new time has its own offset, or the one there was", () => {
  expect(withChange(PHOTO, { taken_at: "2026-01-02T03:04:05-09:30" })).toMatchObject({
    taken_at_local: "2026-01-02T03:04:05",
    taken_at_offset: "-09:30",
  });
  expect(withChange(PHOTO, { taken_at: "2026-01-02T03:04:05" })).toMatchObject({
    taken_at_local: "2026-01-02T03:04:05",
    taken_at_offset: "+01:00",
  });
});

test("what changed meanwhile is no reason not to trash a photo", async () => {
  gallery.changeElsewhere({ caption: "theirs" });
  await trashPhoto(ID);

  expect(gallery.requests.filter((request) => !request.startsWith("GET"))).toEqual([
    'DELETE "3"',
    'DELETE "4"',
  ]);
});
