import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Camera, ImageUp, type LucideIcon, MapPin, Tag } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { usePageTitle } from "@/ui/page-title";
import { ColorFilter } from "./color-filter";
import { colorCounts, yearPeriod, yearsOf } from "./facet-values";
import { PastSearches } from "./past-searches";
import { PictureChooser } from "./picture-chooser";
import type { SearchAddress } from "./search-address";
import { type Facets, type FacetValue, waysInQuery } from "./search-queries";
import { usePictureTarget, useSearchByPicture } from "./use-picture-target";

const MOST_VALUES = 12;

/** Before anything is searched for: past searches, and ways into the library. */
export function StartScreen({ onChange }: { readonly onChange: (address: SearchAddress) => void }) {
  const { t } = useTranslation();
  usePageTitle(t("search.title"));
  const { data } = useQuery(waysInQuery);
  return (
    <div className="mx-auto max-w-5xl px-4 pt-4 sm:px-6">
      <h1 className="text-2xl font-semibold">{t("search.start.title")}</h1>
      <p className="mt-1 text-ink-soft">{t("search.start.hint")}</p>
      <div className="mt-6 grid gap-x-12 gap-y-8 lg:grid-cols-[1fr_20rem]">
        <div className="flex flex-col gap-8">
          <PictureTarget />
          {data?.facets && <WaysIn facets={data.facets} onChange={onChange} />}
        </div>
        <PastSearches />
      </div>
    </div>
  );
}

/** A picture dropped, pasted or chosen here is searched by, not uploaded. */
function PictureTarget() {
  const { t } = useTranslation();
  const searchByPicture = useSearchByPicture();
  const { isOver, targetProps } = usePictureTarget(searchByPicture);
  return (
    <section
      {...targetProps}
      aria-label={t("search.picture.title")}
      className={classNames(
        "flex flex-wrap items-center gap-4 rounded-2xl border-2 border-dashed p-5 transition-colors",
        isOver ? "border-accent bg-accent-soft" : "border-line",
      )}
    >
      <ImageUp aria-hidden className="size-7 shrink-0 text-accent" />
      <p className="min-w-40 grow text-sm text-ink-soft text-pretty">{t("search.picture.hint")}</p>
      <PictureChooser onPicture={searchByPicture}>
        {(open) => <Button onPress={open}>{t("search.picture.open")}</Button>}
      </PictureChooser>
    </section>
  );
}

interface WaysProps {
  readonly facets: Facets;
  readonly onChange: (address: SearchAddress) => void;
}

function WaysIn({ facets, onChange }: WaysProps) {
  const { t } = useTranslation();
  return (
    <>
      <Way
        title={t("search.filters.place")}
        icon={MapPin}
        values={facets.cities}
        to={(place) => ({ place: [place] })}
      />
      <Way
        title={t("search.filters.tag")}
        icon={Tag}
        values={facets.tags}
        to={(tag) => ({ tag: [tag] })}
      />
      <Way title={t("search.filters.when")} values={yearsOf(facets)} to={yearPeriod} />
      <section>
        <h2 className="mb-3 text-base font-semibold">{t("search.filters.color")}</h2>
        <ColorFilter
          counts={colorCounts(facets)}
          isChosen={() => false}
          onToggle={(color) => onChange({ color: [color] })}
        />
      </section>
      <Way
        title={t("search.filters.camera")}
        icon={Camera}
        values={facets.cameras}
        to={(camera) => ({ camera: [camera] })}
      />
    </>
  );
}

interface WayProps {
  readonly title: string;
  readonly icon?: LucideIcon;
  readonly values: readonly FacetValue[] | undefined;
  readonly to: (value: string) => SearchAddress;
}

function Way({ title, icon: Icon, values = [], to }: WayProps) {
  const { i18n } = useTranslation();
  if (values.length === 0) return null;
  return (
    <section>
      <h2 className="mb-3 text-base font-semibold">{title}</h2>
      <ul className="flex flex-wrap gap-2">
        {values.slice(0, MOST_VALUES).map(({ value, count }) => (
          <li key={value} className="max-w-full">
            <Link
              to="/search"
              search={to(value)}
              preload={false}
              className="flex min-h-10 items-center gap-2 rounded-full border border-line px-3.5 text-sm hover:bg-hover"
            >
              {Icon && <Icon aria-hidden className="size-4 shrink-0 text-ink-soft" />}
              <bdi className="truncate">{value}</bdi>
              <span className="text-xs text-ink-soft tabular-nums">
                {count.toLocaleString(i18n.language)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
