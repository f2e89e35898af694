/** What a row of the upload panel says and offers, from its file and its photo. */

import type { TFunction } from "i18next";
import { codeSentence } from "@/app/i18n/problem-words";
import { formatBytes } from "@/ui/format-bytes";
import {
  canCancel,
  canPause,
  type UploadItem,
  type Waiting,
  type WaitReason,
} from "../engine/model";
import type { PhotoProgress } from "../photo-progress";
import { stepSentence } from "../step-words";

/** The look of a row: what its icon and its colour say beside the words. */
export type RowTone = "waiting" | "active" | "question" | "done" | "stopped" | "failed";

export type RowAction =
  | "pause"
  | "resume"
  | "cancel"
  | "retry"
  | "decide"
  | "reprocess"
  | "allow"
  | "retryNow";

export interface RowState {
  readonly tone: RowTone;
  readonly text: string;
  /** 0 to 1; null where there is nothing to measure. */
  readonly fraction: number | null;
  readonly actions: readonly RowAction[];
}

interface Language {
  readonly t: TFunction;
  readonly language: string;
  /** Milliseconds of the epoch. */
  readonly now: number;
}

export function toRowState(
  item: UploadItem,
  progress: PhotoProgress | undefined,
  language: Language,
): RowState {
  if (item.phase === "stored") return storedState(item, progress, language);
  return {
    tone: TONES[item.phase],
    text: phaseText(item, language),
    fraction: fractionOf(item),
    actions: actionsOf(item),
  };
}

const TONES: Readonly<Record<Exclude<UploadItem["phase"], "stored">, RowTone>> = {
  needs_file: "question",
  queued: "waiting",
  hashing: "active",
  checking: "active",
  duplicate: "question",
  uploading: "active",
  paused: "stopped",
  completing: "active",
  cancelling: "stopped",
  skipped: "stopped",
  failed: "failed",
  cancelled: "stopped",
};

function phaseText(item: UploadItem, language: Language): string {
  const { t } = language;
  if (item.waiting !== null) return waitingText(item.waiting, language);
  switch (item.phase) {
    case "needs_file":
      return t(item.hasHandle ? "upload.state.needsConsent" : "upload.state.needsFile");
    case "uploading":
    case "paused":
      return item.bytesSent > 0 || item.phase === "uploading"
        ? t(`upload.state.${item.phase}At`, bytesOf(item, language.language))
        : t("upload.state.paused");
    case "failed":
      return codeSentence(item.problem?.code ?? "", item.problem?.message ?? "", t);
    default:
      return t(`upload.state.${item.phase}`);
  }
}

function bytesOf({ bytesSent, size }: UploadItem, language: string) {
  return { done: formatBytes(bytesSent, language), total: formatBytes(size, language) };
}

function waitingText({ reason, until }: Waiting, { t, now }: Language): string {
  const count = until === null ? 0 : Math.ceil((until - now) / 1000);
  if (count > 0 && reason === "unreachable") return t("upload.wait.unreachableUntil", { count });
  if (count > 0 && reason === "unavailable") return t("upload.wait.unavailableUntil", { count });
  if (count > 0 && reason === "rate_limited") return t("upload.wait.rate_limitedUntil", { count });
  return t(`upload.wait.${reason}`);
}

function fractionOf(item: UploadItem): number | null {
  if (item.size === 0) return null;
  if (item.phase === "hashing") return item.bytesHashed / item.size;
  const isSending = item.phase === "uploading" || item.phase === "completing";
  if (isSending || item.bytesSent > 0) return item.bytesSent / item.size;
  return null;
}

/** Waiting that a person may end. */
const BACKOFFS: readonly (WaitReason | undefined)[] = ["offline", "unreachable", "unavailable"];

function actionsOf(item: UploadItem): RowAction[] {
  const { phase } = item;
  const actions: RowAction[] = [];
  if (phase === "duplicate") actions.push("decide");
  if (phase === "failed") actions.push("retry");
  if (phase === "needs_file" && item.hasHandle) actions.push("allow");
  if (BACKOFFS.includes(item.waiting?.reason)) actions.push("retryNow");
  if (phase === "paused") actions.push("resume");
  if (canPause(phase)) actions.push("pause");
  if (canCancel(phase)) actions.push("cancel");
  return actions;
}

/** "Stored safely" is said from the receipt on; what processing makes of the photo is added. */
function storedState(
  item: UploadItem,
  progress: PhotoProgress | undefined,
  { t }: Language,
): RowState {
  const after = { fraction: null, actions: [] };
  const stored = t("upload.state.stored");
  if (progress?.status === "failed") {
    const { code = "", message = "" } = progress.failure ?? {};
    const reason = codeSentence(code, message, t);
    const text = t("upload.state.storedAnd", { what: reason, stored });
    return { ...after, tone: "failed", text, actions: ["reprocess"] };
  }
  if (progress?.status === "ready") {
    const what = item.note === null ? t("upload.state.ready") : noteSentence(item.note.code, t);
    return { ...after, tone: "done", text: t("upload.state.storedAnd", { what, stored }) };
  }
  if (progress === undefined) return { ...after, tone: "done", text: stored };
  const what = stepSentence(progress.step, progress.retrying, t);
  return { ...after, tone: "done", text: t("upload.state.storedAnd", { what, stored }) };
}

function noteSentence(code: string, t: TFunction): string {
  return t("upload.state.readyWithout", { reason: codeSentence(code, "", t) });
}
