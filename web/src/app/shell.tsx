import { Link, Outlet, useRouter, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { UploadButton } from "@/features/upload/upload-button";
import { Logo } from "@/ui/logo";
import { MenuOnIntent } from "@/ui/menu-on-intent";
import { Initial } from "./initial";
import { Navigation } from "./navigation";
import { SearchBox } from "./search-box";

const loadAccountMenu = async () => (await import("./account-menu")).AccountMenu;

const PhotoViewer = lazy(async () => ({
  default: (await import("@/features/viewer/photo-viewer")).PhotoViewer,
}));

/** Uploads are loaded after the screen. */
const UploadHost = lazy(async () => ({
  default: (await import("@/features/upload/upload-host")).UploadHost,
}));

const LiveUpdates = lazy(async () => ({
  default: (await import("@/features/live/live-updates")).LiveUpdates,
}));

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
      <header className="sticky top-0 z-30 flex h-16 items-center gap-2 bg-canvas px-3 sm:gap-3 sm:px-5 lg:px-6">
        <Link to="/" aria-label={t("app.name")} className="shrink-0 rounded-lg lg:hidden">
          <Logo className="size-8" />
        </Link>
        <SearchBox />
        <div className="ms-auto flex items-center gap-1 sm:gap-2">
          <UploadButton />
          <MenuOnIntent
            load={loadAccountMenu}
            label={t("account.menu")}
            className="!rounded-full size-10 !px-0"
          >
            <Initial />
          </MenuOnIntent>
        </div>
      </header>
      <Navigation />
      <main id="content" tabIndex={-1} className="pb-24 lg:pb-10">
        <Outlet />
      </main>
      <Suspense>
        <UploadHost />
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
