import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { toSentence } from "@/app/i18n/problem-words";
import { showToast } from "@/ui/toasts";

/** Adds files, names what cannot be read, and returns how many are new or go on now. */
type Add = (onUnreadable: (name: string) => void) => Promise<number>;

/** Return a function that adds files and says where nothing came of it. */
export function useAddUploads(): (add: Add) => void {
  const { t } = useTranslation();
  return useCallback(
    (add) => {
      const unreadable: string[] = [];
      const report = (added: number) => {
        const [name] = unreadable;
        if (name !== undefined) {
          showToast(t("upload.unreadable", { name, count: unreadable.length }));
        } else if (added === 0) {
          showToast(t("upload.nothing"));
        }
      };
      add((name) => unreadable.push(name)).then(report, (error: unknown) => {
        showToast(toSentence(error, t));
      });
    },
    [t],
  );
}
