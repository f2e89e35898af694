/** What the head of the upload panel says: all files together. */

import type { TFunction } from "i18next";
import { formatBytes } from "@/ui/format-bytes";
import { formatDuration, formatSpeed } from "@/ui/format-rate";
import type { Phase } from "../engine/model";
import type { UploadSnapshot } from "../engine/upload-store";

/** What goes on, for all files together. */
export type OverallPhase = "active" | "question" | "paused" | "failed" | "done";

export interface Overall {
  readonly phase: OverallPhase;
  readonly title: string;
  readonly detail: string;
  /** 0 to 1 */
  readonly fraction: number;
}

type Counts = UploadSnapshot["counts"];

const WORKING: readonly Phase[] = [
  "queued",
  "hashing",
  "checking",
  "uploading",
  "completing",
  "cancelling",
];
const QUESTIONS: readonly Phase[] = ["duplicate", "needs_file"];

function sum(counts: Counts, phases: readonly Phase[]): number {
  return phases.reduce((total, phase) => total + counts[phase], 0);
}

/** Whether files are on their way, so that leaving the page would interrupt them. */
export function isWorking(counts: Counts): boolean {
  return sum(counts, WORKING) > 0;
}

/** Whether nothing is left to do or to decide. */
export function isSettled(counts: Counts): boolean {
  return !isWorking(counts) && counts.paused + sum(counts, QUESTIONS) === 0;
}

export function overallPhase(counts: Counts): OverallPhase {
  if (isWorking(counts)) return "active";
  if (sum(counts, QUESTIONS) > 0) return "question";
  if (counts.paused > 0) return "paused";
  return counts.failed > 0 ? "failed" : "done";
}

export function toOverall(snapshot: UploadSnapshot, t: TFunction, language: string): Overall {
  const { counts, bytesDone, bytesTotal, ids } = snapshot;
  const phase = overallPhase(counts);
  return {
    phase,
    title: titleOf(phase, counts, ids.length, t),
    detail: detailOf(phase, snapshot, t, language),
    fraction: bytesTotal === 0 ? 1 : bytesDone / bytesTotal,
  };
}

function titleOf(phase: OverallPhase, counts: Counts, files: number, t: TFunction): string {
  const settled = counts.stored + counts.skipped;
  switch (phase) {
    case "active":
      return t("upload.title.active", { count: files - counts.cancelled, done: settled });
    case "question":
      return t("upload.title.question", { count: sum(counts, QUESTIONS) });
    case "paused":
      return t("upload.title.paused", { count: counts.paused });
    case "failed":
      return t("upload.title.failed", { count: counts.failed });
    case "done":
      if (counts.stored > 0) return t("upload.title.done", { count: counts.stored });
      return t(counts.skipped > 0 ? "upload.title.skipped" : "upload.title.nothing");
  }
}

function detailOf(
  phase: OverallPhase,
  snapshot: UploadSnapshot,
  t: TFunction,
  language: string,
): string {
  const { counts, bytesDone, bytesTotal, bytesPerSecond, secondsLeft } = snapshot;
  if (snapshot.signedOut) return t("upload.detail.signedOut");
  if (!snapshot.online && phase === "active") return t("upload.wait.offline");
  if (phase === "done" || phase === "failed") {
    const parts = [
      phase === "failed" && counts.stored > 0 && t("upload.title.done", { count: counts.stored }),
      counts.skipped > 0 && t("upload.detail.skipped", { count: counts.skipped }),
    ];
    return parts.filter(Boolean).join(" · ");
  }
  const parts = [
    t("upload.detail.bytes", {
      done: formatBytes(bytesDone, language),
      total: formatBytes(bytesTotal, language),
    }),
    phase === "active" && bytesPerSecond !== null && formatSpeed(bytesPerSecond, language),
    phase === "active" &&
      secondsLeft !== null &&
      secondsLeft > 0 &&
      t("upload.detail.left", { time: formatDuration(secondsLeft, language) }),
  ];
  return parts.filter(Boolean).join(" · ");
}
