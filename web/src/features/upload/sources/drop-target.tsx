import { ImageUp } from "lucide-react";
import { useEffect, useState } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { findDropped, findPasted } from "../engine/find-files";
import { addFound } from "../uploads";
import { useAddUploads } from "./use-add-uploads";
import { listenToWindow } from "./window-drop";

/** Takes files and folders that are dropped or pasted anywhere, and shows that it does. */
export function DropTarget() {
  const [hovers, setHovers] = useState(false);
  const add = useAddUploads();
  useEffect(
    () =>
      listenToWindow(window, {
        onHover: setHovers,
        onDrop: (transfer) => {
          add((onUnreadable) => addFound(findDropped(transfer, onUnreadable)));
        },
        onPaste: (transfer) => {
          add(() => addFound(findPasted(transfer)));
        },
      }),
    [add],
  );
  // Dialogs are children of the body too, and this is above them.
  return hovers && createPortal(<Overlay />, document.body);
}

/** It takes no pointer events, so what is below it may take the drop itself. */
function Overlay() {
  const { t } = useTranslation();
  return (
    <div
      aria-hidden
      className="pointer-events-none fixed inset-0 z-50 grid animate-rise place-items-center bg-canvas/90 p-3 backdrop-blur-sm"
    >
      <div className="grid size-full place-items-center rounded-3xl border-2 border-accent border-dashed bg-accent-soft/60">
        <div className="flex flex-col items-center gap-3 px-6 text-center">
          <ImageUp className="size-14 text-accent" strokeWidth={1.5} />
          <p className="text-2xl font-semibold tracking-tight">{t("upload.drop.title")}</p>
          <p className="max-w-sm text-ink-soft text-pretty">{t("upload.drop.hint")}</p>
        </div>
      </div>
    </div>
  );
}
