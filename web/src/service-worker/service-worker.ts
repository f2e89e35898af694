/**
 * The service worker: it has the client without a network, and pictures that were shown before.
 *
 * It never answers for the API. What it stores of an account is bounded, and removed when a page
 * says that the session has ended.
 */

import { PICTURES_PREFIX, THUMBNAILS_PREFIX, type WorkerMessage } from "@/offline/cache-names";
import { GenerationCache } from "@/offline/generation-cache";
import { SHARE_PATH, storeShared } from "@/offline/shared-files";
import { answerNavigation, installShell, isShellFile, removeOldShells, shellFile } from "./shell";

declare const self: ServiceWorkerGlobalScope;

const DAY_MS = 24 * 60 * 60 * 1000;
const KIB = 1024;
/** What grids show, with some 20 KB each; at most 2,400 of 160 KiB. */
const thumbnails = new GenerationCache(
  {
    prefix: THUMBNAILS_PREFIX,
    mostEntries: 1_200,
    mostBytes: 160 * KIB,
    mostAgeMs: 30 * DAY_MS,
  },
  caches,
);
/** What the viewer shows; at most 120 of 3 MiB. */
const pictures = new GenerationCache(
  { prefix: PICTURES_PREFIX, mostEntries: 60, mostBytes: 3 * KIB * KIB, mostAgeMs: 30 * DAY_MS },
  caches,
);
const ORIGINAL = /\/originals\//;

self.addEventListener("install", (event) => event.waitUntil(installShell()));
self.addEventListener("activate", (event) => event.waitUntil(removeOldShells()));

self.addEventListener("message", (event: ExtendableMessageEvent) => {
  const message = event.data as WorkerMessage;
  if (message === "activate") event.waitUntil(self.skipWaiting());
  else event.waitUntil(Promise.all([thumbnails.clear(), pictures.clear()]));
});

self.addEventListener("fetch", (event) => {
  const response = respond(event.request, event);
  if (response !== undefined) event.respondWith(response);
});

/** Return the response to a request of a page, undefined for one that goes its own way. */
function respond(request: Request, event: FetchEvent): Promise<Response> | undefined {
  const { origin, pathname, searchParams } = new URL(request.url);
  if (origin !== self.location.origin || pathname.startsWith("/api/")) return undefined;
  if (pathname === SHARE_PATH && request.method === "POST") return receiveShare(request);
  if (request.method !== "GET") return undefined;
  // A presigned URL: an object of storage.
  if (searchParams.has("X-Amz-Signature")) {
    return request.destination === "image" ? picture(request, pathname, event) : undefined;
  }
  if (request.mode === "navigate") return answerNavigation(request);
  return isShellFile(pathname) ? shellFile(request) : undefined;
}

/**
 * Return a picture from a cache, else from storage.
 *
 * Its path says which object it is, whose content never changes; the rest of its URL is valid for
 * hours. Originals are stored nowhere, and none of them in the browser's HTTP cache, which would
 * keep it after the session.
 */
async function picture(request: Request, key: string, event: FetchEvent): Promise<Response> {
  const stored = (await thumbnails.match(key)) ?? (await pictures.match(key));
  if (stored !== undefined) return stored;
  const response = await fetch(request, { cache: "no-store" });
  if (response.status === 200 && !ORIGINAL.test(key)) {
    const bytes = Number(response.headers.get("Content-Length") ?? Number.POSITIVE_INFINITY);
    const cache = bytes <= 160 * KIB ? thumbnails : pictures;
    event.waitUntil(cache.put(key, response.clone()));
  }
  return response;
}

async function receiveShare(request: Request): Promise<Response> {
  await storeShared(await request.formData());
  // A page of the timeline uploads them.
  return Response.redirect("/", 303);
}
