import { SearchX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { MessageScreen } from "@/ui/message-screen";
import { modelName } from "./model-name";
import { filtersOf, hasFilters, type SearchAddress, withWords } from "./search-address";
import type { SearchPage } from "./search-queries";

const MOST_WORDS = 4;

interface Props {
  readonly address: SearchAddress;
  readonly page: SearchPage;
  readonly onChange: (address: SearchAddress) => void;
}

/** Nothing is above the line: what was searched, and what to try next. */
export function EmptyResults({ address, page, onChange }: Props) {
  const { t } = useTranslation();
  const { q } = address;
  const words = wordsOf(q ?? "");
  const wasSeen = q !== undefined && !page.degraded.includes("visual");
  return (
    <MessageScreen
      icon={<SearchX className="size-7" />}
      title={t("search.empty.title")}
      hint={
        q === undefined
          ? t("search.empty.filters")
          : `${t("search.empty.line")} ${t("search.empty.hint")}`
      }
    >
      {hasFilters(address) && q !== undefined && (
        <Button onPress={() => onChange(withWords({}, q))}>{t("search.empty.noFilters")}</Button>
      )}
      {q !== undefined && page.understood.length > 0 && (
        <Button onPress={() => onChange({ ...filtersOf(address), q, literal: true })}>
          {t("search.empty.literal")}
        </Button>
      )}
      {words.map((word) => (
        <Button key={word} onPress={() => onChange(withWords(address, word))}>
          {t("search.empty.only", { word })}
        </Button>
      ))}
      {q !== undefined && (
        <p title={page.model} className="mt-2 basis-full text-sm text-ink-soft">
          {t(wasSeen ? "search.empty.searched" : "search.empty.words", {
            model: modelName(page.model),
          })}
        </p>
      )}
    </MessageScreen>
  );
}

/** Return words to look for one by one, where there are several. */
function wordsOf(q: string): string[] {
  const words = [...new Set(q.split(/\s+/).filter((word) => /^[\p{L}\p{N}][^:]{2,}$/u.test(word)))];
  return words.length > 1 ? words.slice(0, MOST_WORDS) : [];
}
