/** Keys by which photos of a grid are selected. */

import type { KeyboardEvent } from "react";
import type { ListSelection } from "./use-list-selection";

/** Carry out what a key does to the selection, and return whether it does anything. */
export function selectByKey(event: KeyboardEvent, selection: ListSelection): boolean {
  const { key, target } = event;
  const withControl = event.ctrlKey || event.metaKey;
  const id = target instanceof HTMLAnchorElement ? photoOf(target) : undefined;
  if (withControl && key.toLowerCase() === "a") selection.selectAll();
  else if (key === "Escape" && selection.ids.size > 0) selection.clear();
  else if (key === " " && id !== undefined && !withControl && !event.altKey) {
    selection.toggle(id, event.shiftKey);
  } else return false;
  event.preventDefault();
  return true;
}

function photoOf(link: HTMLAnchorElement): string | undefined {
  return link.closest<HTMLElement>("[data-photo]")?.dataset.photo;
}
