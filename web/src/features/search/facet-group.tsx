import { type ReactNode, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Choice } from "./facet-values";

const MOST_SHOWN = 6;

interface GroupProps {
  readonly title: string;
  readonly children: ReactNode;
}

export function FilterGroup({ title, children }: GroupProps) {
  return (
    <fieldset className="border-t border-line py-4 first:border-t-0 first:pt-0">
      <legend className="float-start mb-2 w-full text-sm font-semibold">{title}</legend>
      <div className="clear-both">{children}</div>
    </fieldset>
  );
}

interface Props {
  readonly title: string;
  readonly choices: readonly Choice[];
  readonly isChosen: (value: string) => boolean;
  readonly onToggle: (value: string) => void;
  readonly nameOf?: (value: string) => string;
}

/** Values of a facet with the number of results that each has. */
export function FacetGroup({ title, choices, isChosen, onToggle, nameOf = (name) => name }: Props) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  if (choices.length === 0) return null;
  const shown = isOpen ? choices : choices.slice(0, MOST_SHOWN);
  return (
    <FilterGroup title={title}>
      {shown.map(({ value, count }) => (
        <FilterCheckbox
          key={value}
          label={nameOf(value)}
          count={count}
          isChecked={isChosen(value)}
          onToggle={() => onToggle(value)}
        />
      ))}
      {choices.length > MOST_SHOWN && (
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setIsOpen(!isOpen)}
          className="mt-1 min-h-9 rounded-lg text-sm font-medium text-accent hover:underline"
        >
          {isOpen
            ? t("search.filters.fewer")
            : t("search.filters.more", { count: choices.length - MOST_SHOWN })}
        </button>
      )}
    </FilterGroup>
  );
}

interface CheckboxProps {
  readonly label: string;
  readonly count?: number | null;
  readonly isChecked: boolean;
  readonly onToggle: () => void;
}

export function FilterCheckbox({ label, count, isChecked, onToggle }: CheckboxProps) {
  const { t, i18n } = useTranslation();
  const id = useId();
  return (
    <div className="-mx-2 flex min-h-9 items-center gap-2.5 rounded-lg px-2 hover:bg-hover">
      <input
        id={id}
        type="checkbox"
        checked={isChecked}
        onChange={onToggle}
        className="size-4 shrink-0"
      />
      <label htmlFor={id} className="flex min-w-0 grow items-center gap-2 py-1.5 text-sm">
        <span className="min-w-0 grow truncate">
          <bdi>{label}</bdi>
        </span>
        {count != null && (
          <>
            <span aria-hidden className="text-xs text-ink-soft tabular-nums">
              {count.toLocaleString(i18n.language)}
            </span>
            <span className="sr-only">{t("search.results", { count })}</span>
          </>
        )}
      </label>
    </div>
  );
}
