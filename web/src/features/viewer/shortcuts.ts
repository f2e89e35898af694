/** What each key does in the viewer. */

export type Command =
  | "next"
  | "previous"
  | "close"
  | "favorite"
  | "information"
  | "trash"
  | "undo"
  | "zoomIn"
  | "zoomOut"
  | "wholePicture"
  | "download"
  | "slideshow"
  | "shortcuts";

export interface Shortcut {
  readonly command: Command;
  /** Values of `KeyboardEvent.key`; letters in lower case. */
  readonly keys: readonly string[];
  /** With Ctrl, or Command on a Mac; all others work without. */
  readonly withCtrl?: true;
}

/** In the order of the sheet that lists them. */
export const SHORTCUTS: readonly Shortcut[] = [
  { command: "next", keys: ["ArrowRight"] },
  { command: "previous", keys: ["ArrowLeft"] },
  { command: "favorite", keys: ["f"] },
  { command: "information", keys: ["i"] },
  { command: "download", keys: ["d"] },
  { command: "trash", keys: ["Delete"] },
  { command: "undo", keys: ["z"], withCtrl: true },
  { command: "zoomIn", keys: ["+", "="] },
  { command: "zoomOut", keys: ["-", "−"] },
  { command: "wholePicture", keys: ["0"] },
  { command: "slideshow", keys: [" "] },
  { command: "shortcuts", keys: ["?"] },
  { command: "close", keys: ["Escape"] },
];

const MIRRORED: Partial<Record<Command, Command>> = { next: "previous", previous: "next" };

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** Return what a key means; arrows go the other way where one reads from right to left. */
export function commandOf(press: KeyPress, isRightToLeft: boolean): Command | undefined {
  if (press.altKey) return undefined;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const withCtrl = press.ctrlKey || press.metaKey;
  const shortcut = SHORTCUTS.find(
    (each) => each.keys.includes(key) && (each.withCtrl ?? false) === withCtrl,
  );
  if (shortcut === undefined) return undefined;
  const { command } = shortcut;
  return isRightToLeft ? (MIRRORED[command] ?? command) : command;
}

/** Elements that have their own use for all keys, for those that choose, for those that press. */
const WRITES = "input:not([type=radio]), textarea, select, [contenteditable=true]";
const CHOOSES = "[role=radiogroup]";
const PRESSES = "button, a[href], [role=button], summary";

/** Return whether a key belongs to the element that has the focus. */
export function isKeyOfElement(element: Element | null, key: string): boolean {
  if (element === null) return false;
  if (element.closest(WRITES) !== null) return true;
  if (element.closest(CHOOSES) !== null) return key === " " || key.startsWith("Arrow");
  return (key === " " || key === "Enter") && element.closest(PRESSES) !== null;
}
