/** The languages of the client. English is part of the first load, the others come when chosen. */

import { createInstance } from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en";

export const LANGUAGES = {
  en: { name: "English", direction: "ltr" },
  de: { name: "Deutsch", direction: "ltr" },
  ar: { name: "العربية", direction: "rtl" },
} as const;

export type Language = keyof typeof LANGUAGES;

export const i18n = createInstance();

export function isLanguage(text: string | undefined): text is Language {
  return text !== undefined && text in LANGUAGES;
}

/** Return the first of the browser's languages that the client has. */
export function preferredLanguage(preferences: readonly string[]): Language {
  const bases = preferences.map((tag) => tag.toLowerCase().split("-")[0]);
  return bases.find(isLanguage) ?? "en";
}

export async function startI18n(language: Language): Promise<void> {
  await i18n.use(initReactI18next).init({
    lng: "en",
    fallbackLng: "en",
    resources: { en: { translation: en } },
    keySeparator: false,
    nsSeparator: false,
    // React escapes.
    interpolation: { escapeValue: false },
  });
  await changeLanguage(language);
}

export async function changeLanguage(language: Language): Promise<void> {
  if (language !== "en" && !i18n.hasResourceBundle(language, "translation")) {
    i18n.addResourceBundle(language, "translation", await loadMessages(language));
  }
  await i18n.changeLanguage(language);
  document.documentElement.lang = language;
  document.documentElement.dir = LANGUAGES[language].direction;
}

async function loadMessages(language: Exclude<Language, "en">): Promise<Record<string, string>> {
  return language === "de" ? (await import("./de")).de : (await import("./ar")).ar;
}
