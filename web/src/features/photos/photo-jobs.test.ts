// @vitest-environment jsdom
import type { TFunction } from "i18next";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { session } from "@/api/session";
import { shownToasts, subscribeToToasts, type Toast } from "@/ui/toasts";
import { dropChange, pendingChanges } from "./pending-changes";
import { runAction } from "./photo-actions";
import { changeList } from "./photo-jobs";

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

/** The gallery's part of the contract: a job that is selected, then run, then done. */
class FakeJobs {
  readonly started: Record<string, unknown>[] = [];
  /** Requests to answer with an error, the next first: without a response, or with a status. */
  readonly faults: (number | undefined)[] = [];
  readonly failed: number;
  readonly #reads = new Map<string, number>();

  constructor(failed = 0) {
    this.failed = failed;
  }

  readonly fetch = async (input: RequestInfo | URL): Promise<Response> => {
    const request = new Request(input);
    const { pathname } = new URL(request.url);
    // Whether the platform answers.
    if (pathname.endsWith("/jwks.json")) return Response.json({ keys: [] });
    if (pathname.endsWith("/timeline")) return Response.json({ buckets: [] });
    if (this.faults.length > 0) {
      const status = this.faults.shift();
      if (status === undefined) throw new TypeError("no network");
      return problem(status);
    }
    if (request.method === "POST") {
      this.started.push(await request.json());
      return Response.json({ job_id: `job-${this.started.length}` }, { status: 202 });
    }
    return Response.json(this.#job(pathname.split("/").at(-1) ?? ""));
  };

  #job(id: string) {
    const reads = (this.#reads.get(id) ?? 0) + 1;
    this.#reads.set(id, reads);
    const isDone = reads > 2;
    return {
      id,
      action: "trash",
      state: isDone ? "done" : reads === 1 ? "selecting" : "running",
      matched: 3,
      done: isDone ? 3 - this.failed : 0,
      changed: isDone ? 2 : 0,
      failed: isDone ? this.failed : 0,
      failures: [],
      created_at: "2026-06-14T08:03:51Z",
    };
  }
}

function problem(status: number): Response {
  const body = { type: "", title: "", status, detail: "", code: "too_many_jobs", errors: [] };
  return Response.json(body, { status });
}

function begin(jobs: FakeJobs): FakeJobs {
  vi.stubGlobal("fetch", jobs.fetch);
  return jobs;
}

beforeEach(() => {
  vi.useFakeTimers();
  said.length = 0;
  session.begin({
    access_token: "token",
    refresh_token: "",
    refresh_expires_at: "",
    expires_in: 900,
    token_type: "Bearer",
  });
});

afterEach(() => {
  dropChange([...pendingChanges().keys()]);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const LIST = { query: { favorite: true }, excluded: ["b"], count: 3 };

test("all of a list is changed by one job, which says how far it is and can be undone", async () => {
  const jobs = begin(new FakeJobs());
  const running = changeList(LIST, ["a", "c"], "trash", t);
  expect(pendingChanges().get("a")).toEqual({ libraryState: "trash" });
  await vi.runAllTimersAsync();
  await running;

  expect(jobs.started).toEqual([{ query: { favorite: true, excluded: ["b"] }, action: "trash" }]);
  expect(said.map(({ text }) => text)).toEqual([
    "photos.job.selecting 3",
    "photos.job.running 3 0",
    "photos.done.trash 3",
  ]);
  expect(pendingChanges().get("a")).toEqual({ libraryState: "trash" });

  said.at(-1)?.undo?.();
  await vi.runAllTimersAsync();
  expect(pendingChanges().size).toBe(0);

  expect(jobs.started[1]).toEqual({ changed_by: "job-1", action: "restore" });
  expect(said.at(-1)?.text).toBe("photos.undone");
});

test("more photos than a request takes are a job, and very many are several", async () => {
  const jobs = begin(new FakeJobs());
  const ids = Array.from({ length: 20_001 }, (_, number) => `id-${number}`);
  const running = runAction(ids, "favorite", t);
  await vi.runAllTimersAsync();
  await running;

  expect(jobs.started.map((body) => Object(body).ids.length)).toEqual([20_000, 1]);
  expect(said.at(-1)?.text).toBe("photos.done.favorite 6");
});

test("a job goes on while the server cannot be reached", async () => {
  const jobs = begin(new FakeJobs());
  jobs.faults.push(undefined);
  const running = changeList(LIST, [], "trash", t);
  await vi.advanceTimersByTimeAsync(0);
  jobs.faults.push(undefined, undefined);
  await vi.runAllTimersAsync();
  await running;

  expect(jobs.started.length).toBe(1);
  expect(said.at(-1)?.text).toBe("photos.done.trash 3");
});

test("what failed is said, and a job that is refused changes nothing", async () => {
  begin(new FakeJobs(1));
  const running = changeList(LIST, [], "trash", t);
  await vi.runAllTimersAsync();
  await running;
  expect(said.slice(-2).map(({ text }) => text)).toEqual([
    "photos.done.trash 2",
    "photos.failed 1",
  ]);

  const jobs = begin(new FakeJobs());
  jobs.faults.push(422);
  const refused = changeList(LIST, ["a"], "trash", t);
  await vi.runAllTimersAsync();
  await refused;
  expect(jobs.started).toEqual([]);
  expect(pendingChanges().size).toBe(0);
  expect(said.at(-1)?.undo).toBeUndefined();
});
