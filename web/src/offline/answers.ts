/**
 * Answers of the API that this browser keeps for the account that is signed in: what the timeline
 * and the viewer show. They are validated by their entity tags, shown where the platform cannot be
 * reached, and removed with the session. The browser's HTTP cache, from which nothing can be
 * removed, gets none of them.
 */

import {
  ANSWERS_PREFIX,
  PICTURES_PREFIX,
  SHARED,
  THUMBNAILS_PREFIX,
  type WorkerMessage,
} from "./cache-names";
import { GenerationCache } from "./generation-cache";

const PATHS = [
  /^\/api\/v1\/me$/,
  /^\/api\/v1\/timeline$/,
  /^\/api\/v1\/timeline\/(?:\d{4}-\d{2}|on-this-day)$/,
  /^\/api\/v1\/photos\/[\w-]{36}$/,
];

/** Undefined where the browser stores nothing: it does so for pages of secure origins alone. */
export const answers =
  "caches" in globalThis
    ? new GenerationCache(
        {
          prefix: ANSWERS_PREFIX,
          mostEntries: 500,
          mostBytes: 4 << 20,
          mostAgeMs: 60 * 24 * 60 * 60 * 1000,
        },
        caches,
      )
    : undefined;

/** Return the key of a request's answer, undefined where it is not kept. */
export function answerKey({ method, url }: Request): string | undefined {
  const { pathname, search } = new URL(url);
  return method === "GET" && PATHS.some((path) => path.test(pathname))
    ? pathname + search
    : undefined;
}

/** Whether this browser has something to show of the account that was signed in last. */
export async function hasAnswers(): Promise<boolean> {
  return answers !== undefined && !(await answers.isEmpty());
}

/** Remove what the browser has of an account; with `shared`, also files that wait for an upload. */
export async function removeAccountCaches({ shared }: { shared: boolean }): Promise<void> {
  if (answers === undefined) return;
  await answers.clear();
  navigator.serviceWorker?.controller?.postMessage("forget" satisfies WorkerMessage);
  const prefixes = [THUMBNAILS_PREFIX, PICTURES_PREFIX, ...(shared ? [SHARED] : [])];
  const names = await caches.keys();
  const ofAccount = names.filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
  await Promise.all(ofAccount.map((name) => caches.delete(name)));
}
