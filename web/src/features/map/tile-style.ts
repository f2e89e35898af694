/** The address of a MapLibre style that a person chose for the map, kept in this browser. */

import { useSyncExternalStore } from "react";

const KEY = "pichaven.map-style";
const listeners = new Set<() => void>();
let chosen = read();

function read(): string {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

/** Return whether a text is the address of a style: https, or this host's own. */
export function isTileStyle(text: string): boolean {
  if (!URL.canParse(text, location.href)) return false;
  const { protocol, origin } = new URL(text, location.href);
  return protocol === "https:" || origin === location.origin;
}

/** Choose a style; the empty text is the map that comes with the client. */
export function chooseTileStyle(address: string): void {
  chosen = address;
  try {
    if (address === "") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, address);
  } catch {
    // Without storage the choice holds for this page.
  }
  for (const listener of listeners) listener();
}

export function useTileStyle(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => chosen,
  );
}
