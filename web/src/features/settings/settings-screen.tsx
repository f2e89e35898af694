import { Link, Outlet } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { usePageTitle } from "@/ui/page-title";

const SECTIONS = [
  { to: "/settings/account", label: "settings.account" },
  { to: "/settings/general", label: "settings.general" },
  { to: "/settings/security", label: "settings.security" },
  { to: "/settings/keys", label: "settings.keys" },
] as const;

export function SettingsScreen() {
  const { t } = useTranslation();
  usePageTitle(t("settings.title"));
  return (
    <div className="mx-auto max-w-3xl px-4 py-4 sm:px-6 lg:py-8">
      <h1 className="text-2xl font-semibold">{t("settings.title")}</h1>
      <nav aria-label={t("settings.title")} className="mt-4 mb-8 border-b border-line">
        <ul className="-mb-px flex flex-wrap gap-x-1">
          {SECTIONS.map(({ to, label }) => (
            <li key={to}>
              <Link
                to={to}
                className="inline-flex min-h-11 items-center rounded-t-lg border-b-2 border-transparent px-3 text-sm font-medium text-ink-soft hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-accent"
              >
                {t(label)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Outlet />
    </div>
  );
}
