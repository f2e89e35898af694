/** What went wrong, in the reader's language. */

import type { TFunction } from "i18next";
import { fieldMessages, ProblemError, UnreachableError } from "@/api/problem";
import { en } from "./en";
import { i18n } from "./index";

/** Fields that a problem without `errors` is about. */
const FIELD_OF_CODE: Record<string, string> = { email_taken: "email" };

export interface Words {
  /** By field of the request's body. */
  readonly fields: Record<string, string>;
  /** What belongs to no field. */
  readonly alert: string | undefined;
}

export function toWords(error: unknown, t: TFunction): Words {
  if (error instanceof ProblemError) {
    const { problem } = error;
    const sentence = problemSentence(error, t);
    const field = FIELD_OF_CODE[problem.code];
    if (field !== undefined) return { fields: { [field]: sentence }, alert: undefined };
    const messages = Object.entries(fieldMessages(problem));
    if (messages.length > 0) {
      // The server's sentences are English, and more exact than one for each code.
      const own = i18n.language === "en";
      const fields = messages.map(([name, message]) => [name, own ? message : sentence]);
      return { fields: Object.fromEntries(fields), alert: undefined };
    }
    return { fields: {}, alert: sentence };
  }
  const unreachable = error instanceof UnreachableError || error instanceof TypeError;
  return { fields: {}, alert: t(unreachable ? "failure.unreachable" : "failure.unexpected") };
}

/** Return one sentence for a toast or an alert. */
export function toSentence(error: unknown, t: TFunction): string {
  const { alert, fields } = toWords(error, t);
  return alert ?? Object.values(fields)[0] ?? t("failure.unexpected");
}

function problemSentence({ problem, retryAfterS }: ProblemError, t: TFunction): string {
  if (problem.code === "too_many_attempts" || problem.code === "proof_required") {
    return t("problem.too_many_attempts", { count: Math.max(1, Math.ceil(retryAfterS ?? 1)) });
  }
  return codeSentence(problem.code, problem.detail, t);
}

/** Return the sentence for a code; `message` is the server's, which is English. */
export function codeSentence(code: string, message: string, t: TFunction): string {
  const key = `problem.${code}`;
  if (key in en) return t(key as "problem.unavailable");
  return (i18n.language === "en" && message) || t("failure.unexpected");
}
