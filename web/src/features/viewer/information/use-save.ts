import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ProblemError } from "@/api/problem";
import { toSentence } from "@/app/i18n/problem-words";
import type { PhotoChange } from "../pending-changes";
import { changePhoto } from "../photo-changes";

/** Saving a part of the panel, and in words why it was not saved. */
export function useSave(photoId: string) {
  const { t } = useTranslation();
  const [failure, setFailure] = useState<{ readonly error: unknown }>();

  /** Return whether the change was saved; what is shown is as before if it was not. */
  const save = async (change: PhotoChange): Promise<boolean> => {
    setFailure(undefined);
    try {
      await changePhoto(photoId, change);
      return true;
    } catch (error) {
      setFailure({ error });
      return false;
    }
  };

  const words = ({ error }: { readonly error: unknown }): string =>
    error instanceof ProblemError && error.problem.code === "precondition_failed"
      ? t("viewer.change.conflict")
      : t("viewer.change.failed", { reason: toSentence(error, t) });

  return { save, alert: failure && words(failure), dismiss: () => setFailure(undefined) };
}
