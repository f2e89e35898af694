import { useTranslation } from "react-i18next";
import { en } from "@/app/i18n/en";

/** Return what speaks for a photo, as a list in words; what has no words yet is left out. */
export function useReasons(why: readonly string[]): string {
  const { t, i18n } = useTranslation();
  const words = why
    .map((reason) => `duplicates.why.${reason}`)
    .filter((key) => key in en)
    .map((key) => t(key as "duplicates.why.favorite"));
  return new Intl.ListFormat(i18n.language, { type: "unit" }).format(words);
}
