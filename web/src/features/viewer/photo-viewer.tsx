import { useRef, useState } from "react";
import { Dialog } from "react-aria-components/Dialog";
import { useLocale } from "react-aria-components/I18nProvider";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useTranslation } from "react-i18next";
import { classNames } from "@/ui/class-names";
import { toastHost } from "@/ui/toasts";
import { InformationPanel } from "./information/information-panel";
import { PhotoState } from "./photo-state";
import { ShortcutsSheet } from "./shortcuts-sheet";
import { Stage } from "./stage";
import { StepButtons } from "./step-buttons";
import { useChrome } from "./use-chrome";
import { useReturn } from "./use-return";
import { useShortcuts } from "./use-shortcuts";
import { useViewer } from "./use-viewer";
import { ViewerToolbar } from "./viewer-toolbar";

interface Props {
  readonly photoId: string;
  readonly onClose: () => void;
}

/** One photo over everything else. */
export function PhotoViewer({ photoId, onClose }: Props) {
  const { t } = useTranslation();
  const isRightToLeft = useLocale().direction === "rtl";
  const dialog = useRef<HTMLElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const [hasSheet, setHasSheet] = useState(false);
  const viewer = useViewer({
    photoId,
    stage,
    onClose,
    onShortcuts: () => setHasSheet(true),
  });
  const { photo, neighbours, zoom, slideshow, run, step } = viewer;
  const chrome = useChrome(slideshow.isPlaying);
  useShortcuts(dialog, isRightToLeft, run);
  useReturn(photoId, photo, dialog);
  return (
    <ModalOverlay isOpen isKeyboardDismissDisabled className="fixed inset-0 z-40 bg-black">
      <Modal className="size-full">
        <Dialog
          ref={dialog}
          aria-label={t("viewer.title")}
          className="flex h-dvh flex-col bg-black outline-none sm:flex-row"
          onPointerMove={chrome.wake}
        >
          <div
            ref={stage}
            className={classNames(
              "relative min-h-0 min-w-0 grow overflow-hidden text-white",
              chrome.isHidden && "cursor-none",
            )}
          >
            <Stage
              photoId={photoId}
              neighbours={neighbours}
              size={viewer.size}
              zoom={zoom}
              isRightToLeft={isRightToLeft}
              onStep={step}
              onClose={onClose}
              onTap={chrome.toggle}
            />
            <PhotoState photoId={photoId} />
            <StepButtons neighbours={neighbours} isHidden={chrome.isHidden} onCommand={run} />
            <ViewerToolbar
              photo={photo}
              zoom={zoom}
              isInformationOpen={viewer.isInformationOpen}
              isPlaying={slideshow.isPlaying}
              canPlay={neighbours.next !== null}
              isHidden={chrome.isHidden}
              onCommand={run}
              onRestore={viewer.restore}
            />
          </div>
          {viewer.isInformationOpen && photo && (
            <InformationPanel key={photo.id} photo={photo} onClose={() => run("information")} />
          )}
          <div ref={toastHost} />
        </Dialog>
        <ShortcutsSheet isOpen={hasSheet} onOpenChange={setHasSheet} />
      </Modal>
    </ModalOverlay>
  );
}
