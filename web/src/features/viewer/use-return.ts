import { type RefObject, useEffect, useRef } from "react";
import { currentSequence } from "@/features/photos/open-photo";
import type { PhotoDetail } from "./photo-query";

/** Title of the tab and frame of the page while a photo is open; afterwards the focus is on that photo in the list. */
export function useReturn(
  photoId: string,
  photo: PhotoDetail | undefined,
  dialog: RefObject<HTMLElement | null>,
): void {
  const name = photo && (photo.caption || photo.filename);
  useEffect(() => {
    if (name === undefined) return;
    const before = document.title;
    document.title = `${name} · PicHaven`;
    return () => {
      document.title = before;
    };
  }, [name]);

  useEffect(() => {
    // The room of a scroll bar beside the viewer has the page's own colour.
    const { style } = document.documentElement;
    style.backgroundColor = "black";
    return () => {
      style.backgroundColor = "";
    };
  }, []);

  const last = useRef(photoId);
  useEffect(() => {
    last.current = photoId;
    // A button that was disabled at the end of the list has lost the focus.
    if (document.activeElement === document.body) dialog.current?.focus();
  }, [photoId, dialog]);

  useEffect(
    () => () => {
      // The dialog returns the focus in the next frame, to the photo that was opened first.
      requestAnimationFrame(() => requestAnimationFrame(() => revealPhoto(last.current)));
    },
    [],
  );
}

function revealPhoto(photoId: string): void {
  if (document.querySelector("[role=dialog]") !== null) return;
  const { reveal } = currentSequence();
  if (reveal !== undefined) {
    reveal(photoId);
    return;
  }
  const link = document.querySelector<HTMLElement>(`main a[href="/photos/${CSS.escape(photoId)}"]`);
  link?.focus({ preventScroll: true });
  link?.scrollIntoView({ block: "nearest" });
}
