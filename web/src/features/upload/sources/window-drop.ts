/** Drops and pastes anywhere on the page. */

export interface DropHandlers {
  /** Files are over the window, or no longer. */
  readonly onHover: (hovers: boolean) => void;
  readonly onDrop: (transfer: DataTransfer) => void;
  readonly onPaste: (transfer: DataTransfer) => void;
}

/** Browsers send "dragover" several times a second, but no event for a drag that is given up. */
const GIVEN_UP_AFTER_MS = 800;

/** Listen on the window; what an element of the page takes itself is left to it. */
export function listenToWindow(target: Window, handlers: DropHandlers): () => void {
  let hovers = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hover = (over: boolean) => {
    clearTimeout(timer);
    if (over) timer = setTimeout(() => hover(false), GIVEN_UP_AFTER_MS);
    if (over !== hovers) handlers.onHover(over);
    hovers = over;
  };
  const listening = new AbortController();
  const listen = <Type extends "dragover" | "dragleave" | "drop" | "paste">(
    type: Type,
    listener: (event: WindowEventMap[Type]) => void,
  ) => {
    target.addEventListener(type, listener, { signal: listening.signal });
  };
  listen("dragover", (event) => {
    if (event.dataTransfer === null || !hasFiles(event.dataTransfer)) return;
    hover(!event.defaultPrevented);
    if (event.defaultPrevented) return;
    // Without this the browser leaves the page for the file.
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  listen("dragleave", (event) => {
    if (event.relatedTarget === null) hover(false);
  });
  listen("drop", (event) => {
    hover(false);
    if (event.defaultPrevented || event.dataTransfer === null) return;
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    handlers.onDrop(event.dataTransfer);
  });
  listen("paste", (event) => {
    const transfer = event.clipboardData;
    if (event.defaultPrevented || transfer === null || transfer.files.length === 0) return;
    // Text that is copied from some programs comes with a picture of itself.
    if (isEditable(event.target)) return;
    event.preventDefault();
    handlers.onPaste(transfer);
  });
  return () => {
    hover(false);
    listening.abort();
  };
}

function hasFiles(transfer: DataTransfer): boolean {
  return transfer.types.includes("Files");
}

function isEditable(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, [contenteditable]") !== null;
}
