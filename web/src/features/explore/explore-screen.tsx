import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Camera, Compass, MapIcon, MapPin, Tag } from "lucide-react";
import { useTranslation } from "react-i18next";
import { UploadButton } from "@/features/upload/upload-button";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";
import { ValuesSection } from "./explore-section";
import { OnThisDay } from "./on-this-day";
import { overviewQuery } from "./overview";

/** Ways into the library by what it has. */
export function ExploreScreen() {
  const { t } = useTranslation();
  usePageTitle(t("nav.explore"));
  const { data, error } = useQuery(overviewQuery);
  if (error && !data) throw error;
  if (data?.total === 0) {
    return (
      <MessageScreen
        main
        icon={<Compass className="size-7" />}
        title={t("explore.empty.title")}
        hint={t("explore.empty.hint")}
      >
        <UploadButton label={t("timeline.empty.action")} />
      </MessageScreen>
    );
  }
  return (
    <div className="px-4 py-4 sm:px-5 lg:px-6">
      <div className="mb-6 flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-2xl font-semibold">{t("nav.explore")}</h1>
        <Link
          to="/map"
          className="inline-flex min-h-10 items-center gap-2 rounded-lg border border-line-strong px-4 text-sm font-medium hover:bg-sunken"
        >
          <MapIcon aria-hidden className="size-4.5" />
          {t("explore.toMap")}
        </Link>
      </div>
      <OnThisDay />
      {data ? <Values of={data} /> : <Skeleton />}
    </div>
  );
}

type Overview = Awaited<ReturnType<NonNullable<typeof overviewQuery.queryFn>>>;

function Values({ of }: { readonly of: Overview }) {
  const { t } = useTranslation();
  return (
    <>
      <ValuesSection
        title={t("explore.places")}
        values={of.cities}
        icon={MapPin}
        toFilter={(value) => ({ place: [value] })}
      />
      <ValuesSection
        title={t("explore.countries")}
        values={of.countries}
        icon={MapPin}
        toFilter={(value) => ({ place: [value] })}
      />
      <ValuesSection
        title={t("explore.tags")}
        values={of.tags}
        icon={Tag}
        toFilter={(value) => ({ tag: [value] })}
      />
      <ValuesSection
        title={t("explore.cameras")}
        values={of.cameras}
        icon={Camera}
        toFilter={(value) => ({ camera: [value] })}
      />
    </>
  );
}

const CARDS = [1, 2, 3, 4, 5, 6] as const;

function Skeleton() {
  return (
    <div aria-hidden className="mt-13 grid grid-cols-[repeat(auto-fill,minmax(8.5rem,1fr))] gap-3">
      {CARDS.map((card) => (
        <div key={card} className="aspect-square rounded-2xl bg-sunken" />
      ))}
    </div>
  );
}
