import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { Toasts } from "@/ui/toasts";
import { OfflineBanner } from "./offline-banner";

const Updates = lazy(async () => ({ default: (await import("./updates")).Updates }));

/** What is on every screen, signed in or not. */
export function Root() {
  return (
    <>
      <OfflineBanner />
      <Outlet />
      <Toasts />
      {import.meta.env.PROD && (
        <Suspense>
          <Updates />
        </Suspense>
      )}
    </>
  );
}
