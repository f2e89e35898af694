/** Steps of processing, in the reader's language. */

import type { TFunction } from "i18next";
import { en } from "@/app/i18n/en";

/** Return what is being done to a photo; `step` is null before the first one. */
export function stepSentence(step: string | null, retrying: boolean, t: TFunction): string {
  if (retrying) return t("step.retrying");
  const key = `step.${step ?? "waiting"}`;
  return t(key in en ? (key as "step.waiting") : "step.other");
}
