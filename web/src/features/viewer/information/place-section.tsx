import { useRouter } from "@tanstack/react-router";
import { MapPin } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { PhotoDetail } from "../photo-query";
import { Section } from "./section";

type Location = NonNullable<PhotoDetail["location"]>;

const SmallMap = lazy(async () => ({
  default: (await import("@/features/map/small-map")).SmallMap,
}));

/** Degrees of latitude that the map shows around the place. */
const SHOWN_DEGREES = 0.05;
const MAX_LATITUDE = 85;

/** Where the photo was taken, with a link to that part of the map. */
export function PlaceSection({ location }: { readonly location: Location | undefined }) {
  const { t, i18n } = useTranslation();
  const { history } = useRouter();
  if (location === undefined) return null;
  const { lat, lon, altitude, city, region, country } = location;
  const names = [city, region, country].filter((name) => name != null && name !== "");
  const degrees = new Intl.NumberFormat(i18n.language, {
    minimumFractionDigits: 4,
    maximumFractionDigits: 4,
  });
  const metres = new Intl.NumberFormat(i18n.language, {
    style: "unit",
    unit: "meter",
    maximumFractionDigits: 0,
  });
  const address = `/map?bbox=${boxAround(lat, lon)}`;
  return (
    <Section title={t("viewer.place")}>
      {names.length > 0 && <p className="text-sm">{[...new Set(names)].join(", ")}</p>}
      <p className="text-sm text-ink-soft">
        <bdi dir="ltr">{`${degrees.format(lat)}, ${degrees.format(lon)}`}</bdi>
        {altitude != null &&
          ` · ${t("viewer.place.altitude", { metres: metres.format(altitude) })}`}
      </p>
      <a
        href={address}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          history.push(address);
        }}
        className="group flex flex-col gap-1 rounded-xl text-sm font-medium text-accent"
      >
        {/* The place of the map before it is there. */}
        <span className="block aspect-[320/150]">
          <Suspense>
            <SmallMap place={location} />
          </Suspense>
        </span>
        <span className="inline-flex min-h-9 items-center gap-1.5 group-hover:underline">
          <MapPin aria-hidden className="size-4" />
          {t("viewer.place.map")}
        </span>
      </a>
    </Section>
  );
}

/** Return west, south, east and north of the part of the map around a place. */
function boxAround(lat: number, lon: number): string {
  const middle = Math.min(Math.max(lat, -MAX_LATITUDE), MAX_LATITUDE);
  const width = SHOWN_DEGREES / Math.cos((middle * Math.PI) / 180);
  const edges = [lon - width, middle - SHOWN_DEGREES, lon + width, middle + SHOWN_DEGREES];
  return edges.map((edge) => edge.toFixed(4)).join(",");
}
