import { useSearch } from "@tanstack/react-router";
import { useEffect, useEffectEvent } from "react";
import { useLocale } from "react-aria-components/I18nProvider";
import { type Command, commandOf } from "./review";

/** Carry out keys of the whole page, but those that a control, a dialog or the viewer has. */
export function useKeys(onCommand: (command: Command) => void): void {
  const { direction } = useLocale();
  const { photo } = useSearch({ strict: false });
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const { target } = event;
    if (photo !== undefined || event.defaultPrevented || event.repeat) return;
    if (
      !(target instanceof Element) ||
      target.closest(
        "input, textarea, select, dialog, [role=dialog], [role=alertdialog], [role=menu]",
      )
    ) {
      return;
    }
    const command = commandOf(event, direction === "rtl");
    if (command === undefined) return;
    // Enter on a button or a link is theirs.
    if (command.type === "confirm" && target.closest("button, a")) return;
    event.preventDefault();
    onCommand(command);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}
