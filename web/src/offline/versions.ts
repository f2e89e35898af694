/** The service worker of this page, and newer ones that wait for it to go. */

import { trustedScriptUrl } from "@/app/trusted-script-url";
import type { WorkerMessage } from "./cache-names";

const SCRIPT = "/sw.js";
/** A page that is open for days looks for a new version when it is looked at. */
const CHECK_AFTER_MS = 60 * 60 * 1000;

/** Register the service worker; call `onNew` with one that waits. Returns what ends the watch. */
export function watchVersions(onNew: (worker: ServiceWorker) => void): () => void {
  // Browsers have none for pages of insecure origins.
  if (!("serviceWorker" in navigator)) return () => undefined;
  const ended = new AbortController();
  void whenIdle()
    .then(() => navigator.serviceWorker.register(trustedScriptUrl(SCRIPT)))
    .then((registration) => watch(registration, onNew, ended.signal))
    // Storage may be full or forbidden: the client works without.
    .catch(() => undefined);
  return () => ended.abort();
}

/** The files of other screens do not compete with the first one. */
function whenIdle(): Promise<void> {
  return new Promise((resolve) => {
    const wait = () =>
      "requestIdleCallback" in globalThis ? requestIdleCallback(() => resolve()) : resolve();
    if (document.readyState === "complete") wait();
    else addEventListener("load", wait, { once: true });
  });
}

function watch(
  registration: ServiceWorkerRegistration,
  onNew: (worker: ServiceWorker) => void,
  signal: AbortSignal,
): void {
  const report = () => {
    const { waiting } = registration;
    // The first one waits for nobody.
    if (waiting && navigator.serviceWorker.controller && !signal.aborted) onNew(waiting);
  };
  const follow = () => registration.installing?.addEventListener("statechange", report, { signal });
  report();
  follow();
  registration.addEventListener("updatefound", follow, { signal });
  let checkedAt = Date.now();
  const onVisible = () => {
    if (document.visibilityState !== "visible") return;
    if (Date.now() - checkedAt < CHECK_AFTER_MS) return;
    checkedAt = Date.now();
    registration.update().catch(() => undefined);
  };
  document.addEventListener("visibilitychange", onVisible, { signal });
}

/** Let a version that waits take over, and load the page anew. */
export function activateVersion(worker: ServiceWorker): void {
  const reload = () => location.reload();
  navigator.serviceWorker.addEventListener("controllerchange", reload, { once: true });
  worker.postMessage("activate" satisfies WorkerMessage);
}
