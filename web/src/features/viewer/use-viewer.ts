import { type RefObject, useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { toSentence } from "@/app/i18n/problem-words";
import { useStepPhoto } from "@/features/photos/open-photo";
import { showToast } from "@/ui/toasts";
import { useNeighbours } from "./neighbours";
import { changePhoto, restorePhoto, usePhoto } from "./photo-changes";
import { pictureSize, previewOf } from "./photo-query";
import type { Command } from "./shortcuts";
import { useSize } from "./use-size";
import { useSlideshow } from "./use-slideshow";
import { useTrash } from "./use-trash";
import { useZoom } from "./use-zoom";

interface Options {
  readonly photoId: string;
  readonly stage: RefObject<HTMLElement | null>;
  readonly onClose: () => void;
  readonly onShortcuts: () => void;
}

/** Whether the panel was open when the viewer was last. */
let wasInformationOpen = false;

/** What the viewer shows, and what each of its commands does. */
export function useViewer({ photoId, stage, onClose, onShortcuts }: Options) {
  const { t } = useTranslation();
  const { photo } = usePhoto(photoId);
  const step = useStepPhoto();
  const trash = useTrash(step);
  const neighbours = useNeighbours(photoId, photo, trash.gone);
  const size = useSize(stage);
  const zoom = useZoom(photoId, pictureSize(photo, previewOf(photoId)), size);
  const [isInformationOpen, setIsInformationOpen] = useState(wasInformationOpen);
  const { previous, next } = neighbours;
  const onNext = useCallback(() => {
    if (next !== null) step(next);
  }, [next, step]);
  const slideshow = useSlideshow(photo !== undefined, next, onNext);

  const toggleInformation = () => {
    wasInformationOpen = !isInformationOpen;
    setIsInformationOpen(wasInformationOpen);
  };

  const toggleFavorite = async () => {
    if (photo === undefined || photo.trashed_at != null) return;
    try {
      await changePhoto(photoId, { favorite: !photo.favorite });
    } catch (error) {
      showToast(t("viewer.change.failed", { reason: toSentence(error, t) }));
    }
  };

  const moveToTrash = () => {
    if (photo === undefined || photo.trashed_at != null) return;
    trash.move(photoId);
    const other = next ?? previous;
    if (other === null) onClose();
    else step(other);
  };

  const restore = async () => {
    try {
      await restorePhoto(photoId);
      showToast(t("viewer.restored"));
    } catch (error) {
      showToast(t("viewer.restore.failed", { reason: toSentence(error, t) }));
    }
  };

  const commands: Record<Command, () => void> = {
    next: onNext,
    previous: () => {
      if (previous !== null) step(previous);
    },
    close: onClose,
    favorite: () => void toggleFavorite(),
    information: toggleInformation,
    trash: moveToTrash,
    undo: trash.undo,
    zoomIn: zoom.zoomIn,
    zoomOut: zoom.zoomOut,
    wholePicture: zoom.reset,
    download: () => {
      if (photo?.original_url) download(photo.original_url, photo.filename);
    },
    slideshow: slideshow.toggle,
    shortcuts: onShortcuts,
  };

  /** Carry out a command; each but stepping on ends the slideshow, and Escape only that. */
  const run = (command: Command) => {
    if (slideshow.isPlaying && command !== "slideshow") {
      slideshow.stop();
      if (command === "close") return;
    }
    commands[command]();
  };

  return {
    photo,
    neighbours,
    size,
    zoom,
    slideshow,
    isInformationOpen,
    run,
    step,
    restore: () => void restore(),
  };
}

/** Save a file under its name; the server sends it as an attachment. */
function download(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
