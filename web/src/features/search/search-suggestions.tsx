import {
  CalendarDays,
  Camera,
  Clock,
  FileImage,
  type LucideIcon,
  MapPin,
  Tag,
  TextSearch,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import { SuggestionList } from "@/ui/suggestion-list";
import { formatPeriod } from "./query-parts";
import type { Suggestion } from "./search-queries";
import { monthPeriod } from "./suggestion-address";

const ICONS: Record<Suggestion["kind"], LucideIcon> = {
  history: Clock,
  place: MapPin,
  tag: Tag,
  camera: Camera,
  month: CalendarDays,
  caption: TextSearch,
  file: FileImage,
};

interface Props {
  readonly id: string;
  readonly suggestions: readonly Suggestion[];
  /** The one that Enter takes; -1 for none. */
  readonly active: number;
  readonly onActive: (index: number) => void;
  readonly onChoose: (suggestion: Suggestion) => void;
}

/** The listbox under the searchbox. */
export function SearchSuggestions({ suggestions, ...props }: Props) {
  const { t, i18n } = useTranslation();
  return (
    <SuggestionList
      {...props}
      label={t("search.suggestions")}
      items={suggestions}
      className="absolute inset-x-0 top-full z-40 mt-2 max-h-[70dvh] animate-rise overflow-y-auto rounded-2xl border border-line bg-surface p-1.5 shadow-xl max-sm:fixed max-sm:inset-x-2 max-sm:top-14"
    >
      {({ kind, text, count }) => {
        const Icon = ICONS[kind];
        return (
          <>
            <Icon aria-hidden className="size-4.5 shrink-0 text-ink-soft" />
            <span className="min-w-0 grow truncate">
              <bdi>{kind === "month" ? periodOfMonth(text, i18n.language) : text}</bdi>
            </span>
            <span className="shrink-0 text-xs text-ink-soft">
              {t(`search.kind.${kind}`)}
              {kind !== "history" && ` · ${t("search.results", { count })}`}
            </span>
          </>
        );
      }}
    </SuggestionList>
  );
}

function periodOfMonth(month: string, language: string): string {
  const { from, to } = monthPeriod(month);
  return formatPeriod(`${from}/${to}`, language);
}
