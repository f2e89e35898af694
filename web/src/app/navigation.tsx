import { Link, type LinkProps, useLocation } from "@tanstack/react-router";
import {
  Activity,
  Compass,
  Copy,
  Ellipsis,
  Heart,
  Images,
  type LucideIcon,
  MapIcon,
  Settings,
  Trash2,
} from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "react-aria-components/Button";
import { useTranslation } from "react-i18next";
import { Logo } from "@/ui/logo";
import type { MessageKey } from "./i18n/en";

export interface NavigationLink {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly icon: LucideIcon;
  readonly label: Extract<MessageKey, `nav.${string}`>;
}

/** The first of them are in the bar of a phone, the others in its sheet "More". */
const GROUPS: readonly (readonly NavigationLink[])[] = [
  [
    { to: "/", icon: Images, label: "nav.photos" },
    { to: "/explore", icon: Compass, label: "nav.explore" },
    { to: "/map", icon: MapIcon, label: "nav.map" },
    { to: "/favorites", icon: Heart, label: "nav.favorites" },
  ],
  [
    { to: "/duplicates", icon: Copy, label: "nav.duplicates" },
    { to: "/trash", icon: Trash2, label: "nav.trash" },
  ],
  [
    { to: "/activity", icon: Activity, label: "nav.activity" },
    { to: "/settings", icon: Settings, label: "nav.settings" },
  ],
];
const [IN_BAR = [], ...IN_SHEET] = GROUPS;

const MoreSheet = lazy(async () => ({ default: (await import("./more-sheet")).MoreSheet }));

const BAR_ITEM =
  "flex min-h-13 w-full flex-col items-center justify-center gap-0.5 rounded-lg px-0.5 text-xs text-ink-soft hover:bg-hover";

/** Links to the screens: at the side of a wide window, else a bar at the bottom. */
export function Navigation() {
  const { t } = useTranslation();
  return (
    <nav
      aria-label={t("nav.main")}
      className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-canvas pb-[env(safe-area-inset-bottom)] lg:inset-y-0 lg:end-auto lg:w-56 lg:overflow-y-auto lg:border-t-0 lg:border-e lg:px-3 lg:py-4"
    >
      <SideLinks />
      <BarLinks />
    </nav>
  );
}

function SideLinks() {
  const { t } = useTranslation();
  return (
    <div className="hidden lg:block">
      <Link
        to="/"
        activeOptions={{ exact: true }}
        className="mb-6 flex items-center gap-2.5 rounded-lg ps-2 text-lg font-semibold tracking-tight"
      >
        <Logo className="size-8" />
        {t("app.name")}
      </Link>
      {GROUPS.map((links) => (
        <ul
          key={links[0]?.to}
          className="mb-3 flex flex-col gap-1 border-line not-last:border-b not-last:pb-3"
        >
          {links.map(({ to, icon: Icon, label }) => (
            <li key={to}>
              <Link
                to={to}
                activeOptions={{ exact: to === "/" }}
                className="flex min-h-11 items-center gap-3 rounded-lg px-3 text-sm font-medium text-ink-soft hover:bg-hover aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent"
              >
                <Icon aria-hidden className="size-5" />
                {t(label)}
              </Link>
            </li>
          ))}
        </ul>
      ))}
    </div>
  );
}

function BarLinks() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const path = useLocation({ select: ({ pathname }) => pathname });
  const isInSheet = IN_SHEET.flat().some(({ to }) => path.startsWith(to));
  return (
    <>
      <ul className="flex justify-around lg:hidden">
        {IN_BAR.map(({ to, icon: Icon, label }) => (
          <li key={to} className="min-w-0 flex-1 p-0.5">
            <Link
              to={to}
              activeOptions={{ exact: to === "/" }}
              className={`${BAR_ITEM} aria-[current=page]:text-accent`}
            >
              <Icon aria-hidden className="size-5" />
              <span className="max-w-full truncate">{t(label)}</span>
            </Link>
          </li>
        ))}
        <li className="min-w-0 flex-1 p-0.5">
          <Button
            aria-haspopup="dialog"
            aria-expanded={open}
            onPress={() => setOpen(true)}
            className={`${BAR_ITEM} ${isInSheet ? "text-accent" : ""}`}
          >
            <Ellipsis aria-hidden className="size-5" />
            {t("nav.more")}
          </Button>
        </li>
      </ul>
      {open && (
        <Suspense>
          <MoreSheet groups={IN_SHEET} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
