import { QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { queryClient } from "@/api/query-client";
import { session } from "@/api/session";
import { bucketsQuery, type MonthCount, monthQuery } from "./months";
import { columnsOf } from "./testing/columns";

// Before the client of the API takes it: a browser resolves a path against the page's address.
vi.hoisted(() => {
  globalThis.Request = class extends Request {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(typeof input === "string" ? new URL(input, "http://localhost") : input, init);
    }
  };
});

/** What the server answers from now on, by path. */
let answers: Record<string, () => unknown>;

beforeEach(() => {
  answers = {};
  session.begin({ access_token: "token", expires_in: 900 } as Parameters<typeof session.begin>[0]);
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = new URL(request.url).pathname.replace("/api/v1", "");
    return Response.json(await answers[path]?.());
  });
});

afterEach(() => {
  queryClient.clear();
  vi.unstubAllGlobals();
});

function overview(...buckets: readonly MonthCount[]) {
  return () => ({ buckets });
}

const idsOf = (name: string) => queryClient.getQueryData(monthQuery(name).queryKey)?.id;

test("a month that the overview has no more has no photos", async () => {
  queryClient.setQueryData(monthQuery("2026-06").queryKey, columnsOf("2026-06", "a", ["one"]));
  queryClient.setQueryData(monthQuery("2026-05").queryKey, columnsOf("2026-05", "a", ["two"]));
  answers["/timeline"] = overview({ month: "2026-05", count: 1, version: "a" });

  await queryClient.fetchQuery(bucketsQuery);

  expect(idsOf("2026-06")).toEqual([]);
  expect(idsOf("2026-05")).toEqual(["two"]);
});

test("a month that changed while it was first read is read again", async () => {
  const v = (version: string, count: number) => overview({ month: "2026-06", count, version });
  answers["/timeline"] = v("a", 1);
  await queryClient.fetchQuery(bucketsQuery);
  const stopOverview = new QueryObserver(queryClient, bucketsQuery).subscribe(() => undefined);
  answers["/timeline/2026-06"] = async () => {
    // The overview of the change comes before the response that was made before it.
    answers["/timeline"] = v("b", 2);
    await queryClient.refetchQueries(bucketsQuery);
    answers["/timeline/2026-06"] = () => columnsOf("2026-06", "b", ["one", "two"]);
    return columnsOf("2026-06", "a", ["one"]);
  };

  const stopMonth = new QueryObserver(queryClient, monthQuery("2026-06")).subscribe(
    () => undefined,
  );

  await vi.waitFor(() => expect(idsOf("2026-06")).toEqual(["one", "two"]));
  stopMonth();
  stopOverview();
});
