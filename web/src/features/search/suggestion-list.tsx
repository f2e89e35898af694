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

export function optionId(listId: string, index: number): string {
  return `${listId}-${index}`;
}

/** The listbox under the searchbox, which keeps the focus. */
export function SuggestionList({ id, suggestions, active, onActive, onChoose }: Props) {
  const { t } = useTranslation();
  return (
    <div
      id={id}
      role="listbox"
      aria-label={t("search.suggestions")}
      className="absolute inset-x-0 top-full z-40 mt-2 max-h-[70dvh] animate-rise overflow-y-auto rounded-2xl border border-line bg-surface p-1.5 shadow-xl max-sm:fixed max-sm:inset-x-2 max-sm:top-14"
    >
      {suggestions.map((suggestion, index) => (
        <Option
          key={`${suggestion.kind} ${suggestion.text}`}
          id={optionId(id, index)}
          suggestion={suggestion}
          isActive={index === active}
          onActive={() => onActive(index)}
          onChoose={() => onChoose(suggestion)}
        />
      ))}
    </div>
  );
}

interface OptionProps {
  readonly id: string;
  readonly suggestion: Suggestion;
  readonly isActive: boolean;
  readonly onActive: () => void;
  readonly onChoose: () => void;
}

function Option({ id, suggestion, isActive, onActive, onChoose }: OptionProps) {
  const { t, i18n } = useTranslation();
  const { kind, text, count } = suggestion;
  const Icon = ICONS[kind];
  const shown = kind === "month" ? periodOfMonth(text, i18n.language) : text;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the searchbox has the focus and the keys.
    <div
      id={id}
      role="option"
      aria-selected={isActive}
      onPointerMove={isActive ? undefined : onActive}
      onPointerDown={(event) => event.preventDefault()}
      onClick={onChoose}
      className="flex min-h-11 cursor-default items-center gap-3 rounded-xl px-3 text-sm aria-selected:bg-hover"
    >
      <Icon aria-hidden className="size-4.5 shrink-0 text-ink-soft" />
      <span className="min-w-0 grow truncate">
        <bdi>{shown}</bdi>
      </span>
      <span className="shrink-0 text-xs text-ink-soft">
        {t(`search.kind.${kind}`)}
        {kind !== "history" && ` · ${t("search.results", { count })}`}
      </span>
    </div>
  );
}

function periodOfMonth(month: string, language: string): string {
  const { from, to } = monthPeriod(month);
  return formatPeriod(`${from}/${to}`, language);
}
