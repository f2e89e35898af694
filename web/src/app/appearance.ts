/** Theme and language: kept in this browser, applied to <html>, equal in all tabs. */

import { useSyncExternalStore } from "react";
import { changeLanguage, isLanguage, type Language, preferredLanguage } from "./i18n";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export interface Appearance {
  readonly theme: Theme;
  readonly language: Language;
}

/** public/appearance.js reads it before the first paint. */
const KEY = "pichaven.appearance";
const listeners = new Set<() => void>();
let current = read();

function read(): Appearance {
  const language = preferredLanguage(navigator.languages);
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    const { theme, language: chosen } = kept as Partial<Record<keyof Appearance, string>>;
    return {
      theme: THEMES.find((name) => name === theme) ?? "system",
      language: isLanguage(chosen) ? chosen : language,
    };
  } catch {
    return { theme: "system", language };
  }
}

export function appearance(): Appearance {
  return current;
}

export async function changeAppearance(change: Partial<Appearance>): Promise<void> {
  const next = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Without storage the choice holds for this page.
  }
  await apply(next);
}

async function apply(next: Appearance): Promise<void> {
  const { theme } = next;
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  if (next.language !== current.language) await changeLanguage(next.language);
  current = next;
  for (const listener of listeners) listener();
}

export function useAppearance(): Appearance {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, appearance);
}

window.addEventListener("storage", (event) => {
  if (event.key === KEY) void apply(read());
});
