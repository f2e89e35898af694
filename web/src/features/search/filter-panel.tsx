import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { SelectField } from "@/ui/select-field";
import { ColorFilter } from "./color-filter";
import { DateFilter } from "./date-filter";
import { FacetGroup, FilterCheckbox, FilterGroup } from "./facet-group";
import { choicesOf, colorCounts, yearsOf } from "./facet-values";
import { fileTypeName } from "./names";
import {
  countFilters,
  hasValue,
  type ListName,
  type SearchAddress,
  toggle,
  without,
} from "./search-address";
import type { Facets } from "./search-queries";

const STARS = ["", "1", "2", "3", "4", "5"] as const;

interface Props {
  readonly address: SearchAddress;
  /** Of the results; null where they have none. */
  readonly facets: Facets | null | undefined;
  readonly onChange: (address: SearchAddress) => void;
}

/** All filters; those that results have come with their number. */
export function FilterPanel({ address, facets, onChange }: Props) {
  const { t } = useTranslation();
  const list = (name: Exclude<ListName, "color">, nameOf?: (value: string) => string) => (
    <FacetGroup
      title={t(`search.filters.${name}`)}
      choices={choicesOf(facets, name, address)}
      isChosen={(value) => hasValue(address, name, value)}
      onToggle={(value) => onChange(toggle(address, name, value))}
      {...(nameOf ? { nameOf } : {})}
    />
  );
  return (
    <>
      {countFilters(address) > 0 && (
        <Button
          variant="quiet"
          className="mb-3 w-full border border-line"
          onPress={() => onChange(withoutFilters(address))}
        >
          {t("search.filters.clear")}
        </Button>
      )}
      {list("place")}
      {list("tag")}
      <DateFilter address={address} years={yearsOf(facets)} onChange={onChange} />
      <FilterGroup title={t("search.filters.color")}>
        <ColorFilter
          counts={facets ? colorCounts(facets) : undefined}
          isChosen={(color) => hasValue(address, "color", color)}
          onToggle={(color) => onChange(toggle(address, "color", color))}
        />
      </FilterGroup>
      {list("camera")}
      <FilterGroup title={t("search.filters.rating")}>
        <FilterCheckbox
          label={t("search.chip.favorite")}
          isChecked={address.favorite === true}
          onToggle={() =>
            onChange(
              address.favorite === true
                ? without(address, "favorite")
                : { ...address, favorite: true },
            )
          }
        />
        <SelectField
          label={t("search.filters.stars")}
          value={STARS[address.rating ?? 0] ?? ""}
          options={STARS.map((value) => ({
            value,
            label: value === "" ? t("search.filters.any") : `${"★".repeat(Number(value))}`,
          }))}
          onChange={(stars) =>
            onChange(
              stars === "" ? without(address, "rating") : { ...address, rating: Number(stars) },
            )
          }
        />
      </FilterGroup>
      {list("orientation", (value) => t(`search.orientation.${value as "square"}`))}
      {list("type", fileTypeName)}
    </>
  );
}

function withoutFilters({ q, literal, picture }: SearchAddress): SearchAddress {
  return {
    ...(q === undefined ? {} : { q }),
    ...(literal === undefined ? {} : { literal }),
    ...(picture === undefined ? {} : { picture }),
  };
}
