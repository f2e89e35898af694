import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { toSentence } from "@/app/i18n/problem-words";
import { showToast } from "@/ui/toasts";
import { restorePhoto, trashPhoto } from "./photo-changes";

export interface Trash {
  /** Photos that were moved to the trash; the list may still have them. */
  readonly gone: ReadonlySet<string>;
  readonly move: (photoId: string) => void;
  /** Take back the last move, if there is one. */
  readonly undo: () => void;
}

const NONE: ReadonlySet<string> = new Set();

/** Moving photos to the trash; `onRestored` is called while the viewer is still open. */
export function useTrash(onRestored: (photoId: string) => void): Trash {
  const { t } = useTranslation();
  const [gone, setGone] = useState(NONE);
  const restored = useRef<((photoId: string) => void) | undefined>(undefined);
  const lastMoved = useRef<string | undefined>(undefined);
  useEffect(() => {
    restored.current = onRestored;
    return () => {
      restored.current = undefined;
    };
  }, [onRestored]);

  const takeBack = useCallback((photoId: string) => {
    if (lastMoved.current === photoId) lastMoved.current = undefined;
    setGone((now) => new Set([...now].filter((id) => id !== photoId)));
  }, []);

  const restore = useCallback(
    async (photoId: string) => {
      try {
        await restorePhoto(photoId);
        takeBack(photoId);
        restored.current?.(photoId);
      } catch (error) {
        showToast(t("viewer.restore.failed", { reason: toSentence(error, t) }));
      }
    },
    [t, takeBack],
  );

  const move = async (photoId: string) => {
    setGone((now) => new Set([...now, photoId]));
    lastMoved.current = photoId;
    try {
      await trashPhoto(photoId);
      showToast(t("viewer.trash.moved"), () => void restore(photoId));
    } catch (error) {
      takeBack(photoId);
      showToast(t("viewer.trash.failed", { reason: toSentence(error, t) }));
    }
  };

  return {
    gone,
    move: (photoId) => void move(photoId),
    undo: () => {
      if (lastMoved.current !== undefined) void restore(lastMoved.current);
    },
  };
}
