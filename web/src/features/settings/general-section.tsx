import { queryOptions, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { changeAppearance, THEMES, useAppearance } from "@/app/appearance";
import { LANGUAGES, type Language } from "@/app/i18n";
import { toSentence } from "@/app/i18n/problem-words";
import { SelectField } from "@/ui/select-field";
import { showToast } from "@/ui/toasts";
import { MapSection } from "./map-section";
import { Section } from "./section";

export function GeneralSection() {
  const { t } = useTranslation();
  return (
    <>
      <Section title={t("settings.general")}>
        <div className="flex flex-col gap-6">
          <LanguageField />
          <ThemeField />
          <HomeZoneField />
        </div>
      </Section>
      <MapSection />
    </>
  );
}

function LanguageField() {
  const { t } = useTranslation();
  const { language } = useAppearance();
  const options = Object.entries(LANGUAGES).map(([code, { name }]) => ({
    value: code as Language,
    label: name,
    lang: code,
  }));
  return (
    <SelectField
      label={t("settings.language")}
      value={language}
      options={options}
      onChange={(chosen) => void changeAppearance({ language: chosen })}
    />
  );
}

function ThemeField() {
  const { t } = useTranslation();
  const { theme } = useAppearance();
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium">{t("settings.theme")}</legend>
      <div className="flex flex-wrap gap-2">
        {THEMES.map((name) => (
          <label
            key={name}
            className="flex min-h-11 grow items-center justify-center gap-2 rounded-lg border border-line-strong px-4 text-sm has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="theme"
              value={name}
              checked={theme === name}
              onChange={() => void changeAppearance({ theme: name })}
              className="!outline-none"
            />
            {t(`settings.theme.${name}`)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

const zoneQuery = queryOptions({
  queryKey: ["timeline", "settings"],
  queryFn: ({ signal }) => unwrap(api.GET("/api/v1/timeline/settings", { signal })),
});

function HomeZoneField() {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { data } = useSuspenseQuery(zoneQuery);
  const current = data.home_zone ?? "";
  const zones = Intl.supportedValuesOf("timeZone");
  const listed = current === "" || zones.includes(current) ? zones : [current, ...zones];
  const options = [
    { value: "", label: t("settings.zone.none") },
    ...listed.map((zone) => ({ value: zone, label: zone.replaceAll("_", " ") })),
  ];

  const choose = async (zone: string) => {
    const before = queryClient.getQueryData(zoneQuery.queryKey);
    const chosen = { home_zone: zone === "" ? null : zone };
    queryClient.setQueryData(zoneQuery.queryKey, chosen);
    try {
      await unwrap(api.PUT("/api/v1/timeline/settings", { body: chosen }));
      showToast(t("settings.zone.saved"));
    } catch (error) {
      queryClient.setQueryData(zoneQuery.queryKey, before);
      showToast(toSentence(error, t));
    }
  };

  return (
    <SelectField
      label={t("settings.zone")}
      hint={t("settings.zone.hint")}
      value={current}
      options={options}
      onChange={(zone) => void choose(zone)}
    />
  );
}
