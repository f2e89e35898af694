import { Pause, Play, X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { toSentence } from "@/app/i18n/problem-words";
import { reprocessPhoto } from "@/features/photos/reprocess-photo";
import { Button, IconButton } from "@/ui/button";
import { showToast } from "@/ui/toasts";
import type { UploadItem } from "../engine/model";
import type { Uploads } from "../open-uploads";
import type { RowAction } from "./row-state";

interface Props {
  readonly uploads: Uploads;
  readonly item: UploadItem;
  readonly actions: readonly RowAction[];
  /** The id of the element with the file's name. */
  readonly describedBy: string;
}

/** The buttons at the end of a row. */
export function RowActions({ uploads, item, actions, describedBy }: Props) {
  const { t } = useTranslation();
  const { engine, photos } = uploads;
  const { id, receipt } = item;

  const reprocess = () => {
    if (receipt === null) return;
    reprocessPhoto(receipt.photoId).then(
      () => photos.follow(receipt.photoId),
      (error: unknown) => showToast(toSentence(error, t)),
    );
  };

  const icon = (label: string, content: ReactNode, onPress: () => void) => (
    <IconButton
      aria-label={label}
      aria-describedby={describedBy}
      className="!size-9 !min-h-9"
      onPress={onPress}
    >
      {content}
    </IconButton>
  );
  const text = (label: string, onPress: () => void) => (
    <Button
      variant="quiet"
      className="!min-h-9 !px-2 whitespace-nowrap !text-accent"
      aria-describedby={describedBy}
      onPress={onPress}
    >
      {label}
    </Button>
  );

  return (
    <>
      {actions.includes("retry") && text(t("action.retry"), () => engine.retry(id))}
      {actions.includes("reprocess") && text(t("action.retry"), reprocess)}
      {actions.includes("retryNow") && text(t("upload.action.retryNow"), () => engine.retryNow())}
      {actions.includes("allow") && text(t("upload.action.allow"), () => void engine.allowFiles())}
      {actions.includes("pause") &&
        icon(t("upload.action.pause"), <Pause aria-hidden className="size-4" />, () =>
          engine.pause(id),
        )}
      {actions.includes("resume") &&
        icon(t("upload.action.resume"), <Play aria-hidden className="size-4" />, () =>
          engine.resume(id),
        )}
      {actions.includes("cancel") &&
        icon(t("upload.action.cancel"), <X aria-hidden className="size-4" />, () =>
          engine.cancel(id),
        )}
    </>
  );
}
