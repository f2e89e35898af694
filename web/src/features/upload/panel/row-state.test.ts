import { beforeAll, expect, test } from "vitest";
import { i18n, startI18n } from "@/app/i18n";
import { newItem, PHASES, type UploadItem } from "../engine/model";
import type { PhotoProgress } from "../photo-progress";
import { toRowState } from "./row-state";

const NOW = 1_000_000;
const MEGABYTE = 1024 * 1024;

beforeAll(async () => {
  // Nothing of a page is needed but the words.
  Object.assign(globalThis, { document: { documentElement: {} } });
  await startI18n("en");
});

function item(changes: Partial<UploadItem>): UploadItem {
  const file = { id: "1", name: "a.jpg", folder: "", size: 4 * MEGABYTE, modified: 0 };
  return { ...newItem({ ...file, decision: null }), ...changes };
}

function state(changes: Partial<UploadItem>, progress?: Partial<PhotoProgress>) {
  const photo = { status: "processing", step: null, retrying: false, failure: null } as const;
  const language = { t: i18n.t, language: "en", now: NOW };
  return toRowState(
    item(changes),
    progress && { ...photo, thumbnailUrl: null, ...progress },
    language,
  );
}

test("only a receipt is called stored safely", () => {
  const saying = PHASES.filter((phase) => state({ phase }).text.includes("Stored safely"));
  expect(saying).toEqual(["stored"]);
});

test.each([...PHASES])("a file that is %s has words, in every language", (phase) => {
  for (const hasHandle of [false, true]) {
    expect(state({ phase, hasHandle }).text).toMatch(/^[A-Z].{4,}/);
  }
});

test("bytes are said while a file is sent and where it was paused", () => {
  const sending = state({ phase: "uploading", bytesSent: MEGABYTE });
  expect(sending.text).toBe("Uploading, 1 MB of 4 MB");
  expect(sending.fraction).toBe(0.25);
  expect(sending.actions).toEqual(["pause", "cancel"]);

  const paused = state({ phase: "paused", bytesSent: MEGABYTE });
  expect(paused.text).toBe("Paused at 1 MB of 4 MB");
  expect(paused.actions).toEqual(["resume", "cancel"]);
});

test("a backoff says for how long, and can be ended", () => {
  const waiting = { reason: "unreachable", until: NOW + 7_200 } as const;
  const row = state({ phase: "uploading", waiting });
  expect(row.text).toBe("PicHaven does not answer, next attempt in 8 seconds");
  expect(row.actions).toContain("retryNow");

  const offline = state({ phase: "uploading", waiting: { reason: "offline", until: null } });
  expect(offline.text).toBe("Waiting for the network");
});

test("a file of another tab is waited for, and nothing ends that sooner", () => {
  const row = state({ phase: "queued", waiting: { reason: "same_bytes", until: null } });
  expect(row.text).toContain("The same file");
  expect(row.actions).not.toContain("retryNow");
});

test("a failure is said in words and can be tried again", () => {
  const quota = { code: "quota_exceeded", message: "0 bytes are free." };
  const row = state({ phase: "failed", problem: quota });
  expect(row).toMatchObject({ tone: "failed", text: "There is not enough space left." });
  expect(row.actions).toEqual(["retry", "cancel"]);

  const unknown = state({ phase: "failed", problem: { code: "new", message: "It broke." } });
  expect(unknown.text).toBe("It broke.");
});

test("a duplicate asks", () => {
  expect(state({ phase: "duplicate" }).actions).toEqual(["decide", "cancel"]);
});

test("after the receipt the steps of processing are said until the photo is ready", () => {
  const stored = { phase: "stored", receipt: { photoId: "p", duplicateOf: null } } as const;
  const texts = [
    state(stored),
    state(stored, {}),
    state(stored, { step: "decode" }),
    state(stored, { step: "a_step_of_tomorrow" }),
    state(stored, { step: "store", retrying: true }),
    state(stored, { status: "ready" }),
  ].map(({ text }) => text);
  expect(texts).toEqual([
    "Stored safely",
    "Stored safely · waiting to be processed",
    "Stored safely · reading the picture",
    "Stored safely · being processed",
    "Stored safely · a step failed, trying again",
    "Stored safely · ready",
  ]);
});

test("a photo that could not be processed says why and can be processed again", () => {
  const failure = { code: "damaged_file", message: "" };
  const row = state({ phase: "stored" }, { status: "failed", failure });
  expect(row.text).toBe("Stored safely · The file is damaged or incomplete.");
  expect(row.actions).toEqual(["reprocess"]);
});

test("a sidecar that was refused is said although the photo is ready", () => {
  const note = { code: "invalid_sidecar", message: "" };
  const row = state({ phase: "stored", note }, { status: "ready" });
  expect(row.text).toBe("Stored safely · ready, without its sidecar: It is no XMP file.");
});
