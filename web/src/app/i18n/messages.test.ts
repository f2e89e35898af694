import { expect, test } from "vitest";
import { ar } from "./ar";
import { de } from "./de";
import { en } from "./en";
import { preferredLanguage } from "./index";

const ALL: Record<string, Record<string, string>> = { en, de, ar };
const PLURAL = /_(zero|one|two|few|many|other)$/;

function pluralKeys(messages: Record<string, string>): Set<string> {
  const keys = Object.keys(messages).filter((key) => PLURAL.test(key));
  return new Set(keys.map((key) => key.replace(PLURAL, "")));
}

/** The keys a language must have: English's, with that language's own plural forms. */
function expectedKeys(language: string): string[] {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const plurals = [...pluralKeys(en)].flatMap((key) => forms.map((form) => `${key}_${form}`));
  return [...Object.keys(en).filter((key) => !PLURAL.test(key)), ...plurals].sort();
}

test.each(Object.keys(ALL))("%s has every key and every plural form", (language) => {
  expect(Object.keys(ALL[language] ?? {}).sort()).toEqual(expectedKeys(language));
});

test.each(["de", "ar"])("%s has the placeholders of English", (language) => {
  const placeholders = (text: string) => (text.match(/{{\w+}}/g) ?? []).sort();
  for (const [key, text] of Object.entries(ALL[language] ?? {})) {
    const english: string | undefined = ALL.en?.[key];
    // A plural form may name the number in words.
    if (english === undefined || PLURAL.test(key)) continue;
    expect(placeholders(text), key).toEqual(placeholders(english));
  }
});

test.each(["de", "ar"])("%s leaves nothing empty and little as it is in English", (language) => {
  const messages = ALL[language] ?? {};
  const same = Object.keys(messages).filter((key) => messages[key] === ALL.en?.[key]);
  expect(Object.values(messages)).not.toContain("");
  expect(same.sort()).toEqual(
    ["app.name", ...(language === "de" ? ["field.name", "search.color.orange"] : [])].sort(),
  );
});

test("the first language of the browser that the client has is taken", () => {
  expect(preferredLanguage(["fr-FR", "ar-EG", "en"])).toBe("ar");
  expect(preferredLanguage(["de-AT"])).toBe("de");
  expect(preferredLanguage(["ja"])).toBe("en");
});
