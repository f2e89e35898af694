import { useId } from "react";
import { useTranslation } from "react-i18next";
import { INPUT } from "@/ui/text-field";
import { FilterGroup } from "./facet-group";
import { yearPeriod } from "./facet-values";
import { type SearchAddress, without } from "./search-address";
import type { FacetValue } from "./search-queries";

interface Props {
  readonly address: SearchAddress;
  readonly years: readonly FacetValue[];
  readonly onChange: (address: SearchAddress) => void;
}

const MOST_YEARS = 8;

/** A first and a last day, and years at once. */
export function DateFilter({ address, years, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <FilterGroup title={t("search.filters.when")}>
      {years.length > 0 && (
        <div className="mb-3 flex flex-wrap gap-1.5">
          {years.slice(0, MOST_YEARS).map(({ value, count }) => (
            <Year key={value} year={value} count={count} address={address} onChange={onChange} />
          ))}
        </div>
      )}
      <div className="flex flex-col gap-2">
        <Day
          label={t("search.filters.from")}
          value={address.from}
          onChange={(from) =>
            onChange(from === "" ? without(address, "from") : { ...address, from })
          }
        />
        <Day
          label={t("search.filters.to")}
          value={address.to}
          onChange={(to) => onChange(to === "" ? without(address, "to") : { ...address, to })}
        />
      </div>
    </FilterGroup>
  );
}

interface YearProps extends Omit<Props, "years"> {
  readonly year: string;
  readonly count: number;
}

function Year({ year, count, address, onChange }: YearProps) {
  const { t } = useTranslation();
  const period = yearPeriod(year);
  const isChosen = address.from === period.from && address.to === period.to;
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      aria-label={`${year}, ${t("search.results", { count })}`}
      onClick={() =>
        onChange(isChosen ? without(address, "from", "to") : { ...address, ...period })
      }
      className="min-h-8 rounded-full border border-line px-3 text-sm tabular-nums hover:bg-hover aria-pressed:border-accent aria-pressed:bg-accent-soft"
    >
      {year}
    </button>
  );
}

interface DayProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (day: string) => void;
}

function Day({ label, value = "", onChange }: DayProps) {
  const id = useId();
  return (
    <div className="flex items-center gap-2">
      <label htmlFor={id} className="w-12 shrink-0 text-sm text-ink-soft">
        {label}
      </label>
      <input
        id={id}
        type="date"
        value={value.slice(0, 10)}
        onChange={(event) => onChange(event.target.value)}
        className={`${INPUT} !min-h-9 min-w-0 !text-sm`}
      />
    </div>
  );
}
