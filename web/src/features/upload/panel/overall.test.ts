import { beforeAll, expect, test } from "vitest";
import { i18n, startI18n } from "@/app/i18n";
import { newItem, PHASES, type Phase } from "../engine/model";
import type { UploadSnapshot } from "../engine/upload-store";
import { isSettled, isWorking, toOverall } from "./overall";
import { fitIntoSpace } from "./quota-forecast";

const MEGABYTE = 1024 * 1024;

beforeAll(async () => {
  Object.assign(globalThis, { document: { documentElement: {} } });
  await startI18n("en");
});

function snapshot(
  phases: Partial<Record<Phase, number>>,
  changes: Partial<UploadSnapshot> = {},
): UploadSnapshot {
  const counts = Object.fromEntries(PHASES.map((phase) => [phase, phases[phase] ?? 0]));
  const files = Object.values(phases).reduce((sum, count) => sum + count, 0);
  return {
    ids: Array.from({ length: files }, (_, index) => String(index)),
    counts: counts as Record<Phase, number>,
    bytesTotal: 100 * MEGABYTE,
    bytesDone: 25 * MEGABYTE,
    bytesPerSecond: null,
    secondsLeft: null,
    online: true,
    signedOut: false,
    persistent: true,
    quota: null,
    ...changes,
  };
}

function overall(...of: Parameters<typeof snapshot>) {
  return toOverall(snapshot(...of), i18n.t, "en");
}

test("while files are sent the title counts, and bytes, speed and time left are said", () => {
  const speed = { bytesPerSecond: 2.5 * MEGABYTE, secondsLeft: 30 };
  expect(overall({ uploading: 3, queued: 6, stored: 2, skipped: 1 }, speed)).toEqual({
    phase: "active",
    title: "Uploading, 3 of 12 files done",
    detail: "25 MB of 100 MB · 2.5 MB/s · 30 seconds left",
    fraction: 0.25,
  });
});

test("what needs a person is said once nothing else goes on", () => {
  expect(overall({ uploading: 1, duplicate: 2 }).phase).toBe("active");
  expect(overall({ stored: 1, duplicate: 2, needs_file: 1 }).title).toBe("3 files need you");
  expect(overall({ paused: 2 }).title).toBe("2 files paused");
});

test("the end says what was stored, skipped and not uploaded", () => {
  expect(overall({ stored: 12 }).title).toBe("12 photos stored safely");
  expect(overall({ stored: 1, skipped: 2 })).toMatchObject({
    title: "1 photo stored safely",
    detail: "2 skipped, you have them already",
  });
  expect(overall({ stored: 3, failed: 1 })).toMatchObject({
    phase: "failed",
    title: "1 file was not uploaded",
    detail: "3 photos stored safely",
  });
  expect(overall({ skipped: 2 }).title).toBe("You have all of these already");
  expect(overall({ cancelled: 2 }).title).toBe("Nothing was uploaded");
});

test("being offline and signed out are said", () => {
  expect(overall({ uploading: 1 }, { online: false }).detail).toBe("Waiting for the network");
  expect(overall({ queued: 1 }, { signedOut: true }).detail).toContain("Sign in again");
});

test("leaving interrupts work alone, and only what is settled can be closed", () => {
  const of = (phases: Partial<Record<Phase, number>>) => snapshot(phases).counts;
  expect(isWorking(of({ uploading: 1 }))).toBe(true);
  expect(isWorking(of({ paused: 1, needs_file: 1, duplicate: 1, stored: 1 }))).toBe(false);
  expect(isSettled(of({ stored: 1, failed: 1, skipped: 1 }))).toBe(true);
  expect(isSettled(of({ stored: 1, needs_file: 1 }))).toBe(false);
});

test("what fits is counted in the order of the files, a smaller one after a larger one too", () => {
  const files = [3, 5, 1, 4].map((size, index) =>
    newItem({ id: String(index), name: "a", folder: "", size, modified: 0, decision: null }),
  );
  expect(fitIntoSpace(files, 4)).toEqual({ files: 4, fitting: 2 });
  // What has a session has its space reserved.
  const opened = files.map((file, index) => (index === 1 ? { ...file, uploadId: "u" } : file));
  expect(fitIntoSpace(opened, 8)).toEqual({ files: 3, fitting: 3 });
});
