/** Where the timeline was scrolled to, for each entry of the history, for when one comes back. */

import type { ScrollAnchor } from "./layout";

const KEY = "pichaven-timeline-anchors";
const MOST_KEPT = 50;

type Anchors = Record<string, ScrollAnchor>;

/** Return the anchor of the present entry of the history, undefined for a new one. */
export function readAnchor(): ScrollAnchor | undefined {
  const entry = entryKey();
  return entry === undefined ? undefined : readAll()[entry];
}

/** Keep an anchor for the entry of the history that `entryKey` returned while it was shown. */
export function saveAnchor(entry: string | undefined, anchor: ScrollAnchor | undefined): void {
  if (entry === undefined) return;
  const { [entry]: _, ...others } = readAll();
  const kept = Object.entries(others).slice(1 - MOST_KEPT);
  if (anchor !== undefined) kept.push([entry, anchor]);
  try {
    sessionStorage.setItem(KEY, JSON.stringify(Object.fromEntries(kept)));
  } catch {
    // The storage is full or forbidden: going back leads to the start.
  }
}

/** The key that the router gives each entry. */
export function entryKey(): string | undefined {
  const state: unknown = history.state;
  if (typeof state !== "object" || state === null || !("__TSR_key" in state)) return undefined;
  return typeof state.__TSR_key === "string" ? state.__TSR_key : undefined;
}

function readAll(): Anchors {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Anchors;
  } catch {
    return {};
  }
}
