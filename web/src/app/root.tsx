import { Outlet } from "@tanstack/react-router";
import { Toasts } from "@/ui/toasts";
import { OfflineBanner } from "./offline-banner";

/** What is on every screen, signed in or not. */
export function Root() {
  return (
    <>
      <OfflineBanner />
      <Outlet />
      <Toasts />
    </>
  );
}
