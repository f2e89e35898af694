import { Link, Outlet, useRouter, useSearch } from "@tanstack/react-router";
import { Images, Settings } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { UploadButton } from "@/features/upload/upload-button";
import { Logo } from "@/ui/logo";
import { SearchBox } from "./search-box";

/** Not needed for the first paint, and a fifth of its code. */
const AccountMenu = lazy(async () => ({
  default: (await import("./account-menu")).AccountMenu,
}));

const PhotoViewer = lazy(async () => ({
  default: (await import("@/features/viewer/photo-viewer")).PhotoViewer,
}));

const LiveUpdates = lazy(async () => ({
  default: (await import("@/features/live/live-updates")).LiveUpdates,
}));

const LINKS = [
  { to: "/", icon: Images, label: "nav.photos" },
  { to: "/settings", icon: Settings, label: "nav.settings" },
] as const;

/** The frame of all screens of a person who is signed in. */
export function Shell() {
  const { t } = useTranslation();
  const { photo } = useSearch({ from: "/signed-in" });
  const { history } = useRouter();
  return (
    <div className="lg:ps-56">
      <a
        href="#content"
        className="fixed start-4 -top-20 z-50 rounded-lg bg-inverse px-4 py-2 text-on-inverse focus:top-3"
      >
        {t("app.skip")}
      </a>
      <header className="sticky top-0 z-30 flex h-16 items-center gap-2 bg-canvas/90 px-3 backdrop-blur-md sm:gap-3 sm:px-5 lg:px-6">
        <Link to="/" aria-label={t("app.name")} className="shrink-0 rounded-lg lg:hidden">
          <Logo className="size-8" />
        </Link>
        <SearchBox />
        <div className="ms-auto flex items-center gap-1 sm:gap-2">
          <UploadButton />
          <Suspense fallback={<div className="size-10 rounded-full bg-sunken" />}>
            <AccountMenu />
          </Suspense>
        </div>
      </header>
      <nav
        aria-label={t("nav.main")}
        className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-canvas/95 pb-[env(safe-area-inset-bottom)] backdrop-blur-md lg:inset-y-0 lg:end-auto lg:w-56 lg:border-t-0 lg:border-e lg:px-3 lg:pt-4"
      >
        <Link
          to="/"
          activeOptions={{ exact: true }}
          className="mb-7 hidden items-center gap-2.5 rounded-lg ps-2 text-lg font-semibold tracking-tight lg:flex"
        >
          <Logo className="size-8" />
          {t("app.name")}
        </Link>
        <ul className="flex justify-around gap-1 lg:flex-col">
          {LINKS.map(({ to, icon: Icon, label }) => (
            <li key={to} className="grow lg:grow-0">
              <Link
                to={to}
                activeOptions={{ exact: to === "/" }}
                className="m-1 flex min-h-12 flex-col items-center justify-center gap-0.5 rounded-lg text-xs text-ink-soft hover:bg-hover aria-[current=page]:text-accent lg:m-0 lg:min-h-11 lg:flex-row lg:justify-start lg:gap-3 lg:px-3 lg:text-sm lg:font-medium lg:aria-[current=page]:bg-accent-soft"
              >
                <Icon aria-hidden className="size-5" />
                {t(label)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <main id="content" tabIndex={-1} className="pb-24 lg:pb-10">
        <Outlet />
      </main>
      <Suspense>
        <LiveUpdates />
      </Suspense>
      {photo !== undefined && (
        <Suspense>
          <PhotoViewer photoId={photo} onClose={() => history.back()} />
        </Suspense>
      )}
    </div>
  );
}
