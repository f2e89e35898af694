import { type RefObject, useEffect, useRef } from "react";
import { type Command, commandOf, isKeyOfElement } from "./shortcuts";

/** Call with what keys mean, while the viewer is the uppermost dialog. */
export function useShortcuts(
  dialog: RefObject<HTMLElement | null>,
  isRightToLeft: boolean,
  onCommand: (command: Command) => void,
): void {
  const call = useRef(onCommand);
  useEffect(() => {
    call.current = onCommand;
  });
  useEffect(() => {
    // On the document, since a button that is disabled loses the focus to the page.
    const onKeyDown = (event: KeyboardEvent) => {
      const { activeElement, body } = document;
      const isInside = activeElement === body || dialog.current?.contains(activeElement);
      if (!isInside || event.defaultPrevented) return;
      if (isKeyOfElement(activeElement, event.key)) return;
      const command = commandOf(event, isRightToLeft);
      if (command === undefined) return;
      event.preventDefault();
      call.current(command);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [dialog, isRightToLeft]);
}
