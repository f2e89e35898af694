import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { CoverImage } from "@/ui/cover-image";
import { CardText } from "./cover-card";
import { dayOf, daysOf, formatDate } from "./days";
import { ExploreSection } from "./explore-section";
import { onThisDayQuery, type SearchFilter } from "./overview";

type Year = components["schemas"]["YearOfDay"];

/** The photos of this day in earlier years. */
export function OnThisDay() {
  const { t } = useTranslation();
  const { data } = useQuery(onThisDayQuery(dayOf(new Date())));
  if (!data || data.items.length === 0) return null;
  return (
    <ExploreSection title={t("explore.onThisDay")}>
      <ul className="-mx-4 flex snap-x gap-3 overflow-x-auto px-4 pb-2 sm:mx-0 sm:px-0">
        {data.items.map((year) => (
          <li key={year.year} className="shrink-0 snap-start scroll-ms-4">
            <YearCard year={year} today={data.date} />
          </li>
        ))}
      </ul>
    </ExploreSection>
  );
}

function YearCard({ year, today }: { readonly year: Year; readonly today: string }) {
  const { t, i18n } = useTranslation();
  const { photos } = year;
  const days = daysOf(photos.map((photo) => photo.taken_at_local));
  const cover = photos.find((photo) => photo.favorite && photo.thumbnail_url) ?? photos[0];
  if (days === undefined || cover === undefined) return null;
  const filter: SearchFilter = days;
  const years = Number(today.slice(0, 4)) - year.year;
  return (
    <Link
      to="/search"
      search={filter}
      className="group relative block h-64 w-48 overflow-hidden rounded-2xl bg-sunken"
    >
      <span className="absolute inset-0 transition-transform duration-300 group-hover:scale-105 motion-reduce:transition-none">
        <CoverImage src={cover.thumbnail_url} blurhash={cover.blurhash} />
      </span>
      <CardText
        title={t("explore.yearsAgo", { count: years })}
        text={`${formatDate(days.from, i18n.language)} · ${t("explore.count", { count: photos.length })}`}
      />
    </Link>
  );
}
