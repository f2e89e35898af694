/** The client's own files, as one build has them. */

import { SHELL_PREFIX } from "@/offline/cache-names";

/** Paths of files; each build has its own list, and its name is a digest of them. */
declare const SHELL: { readonly version: string; readonly paths: readonly string[] };

const NAME = SHELL_PREFIX + SHELL.version;
/** The page, whatever its address. */
const PAGE = "/";
const ASSETS = "/assets/";
/** A network that takes longer is as good as none. */
const PATIENCE_MS = 4_000;
const LEAST_SERVER_ERROR = 500;
/** This build's, and the one's before, whose pages may still be open. */
const SHELLS = 2;
const PATHS: ReadonlySet<string> = new Set(SHELL.paths.filter((path) => path !== PAGE));

/** Store all files of the build. Throws where one is missing, and the browser tries again later. */
export async function installShell(): Promise<void> {
  const cache = await caches.open(NAME);
  await Promise.all(
    SHELL.paths.map(async (path) => {
      // A name with a hash has the same content in every build.
      const stored = path.startsWith(ASSETS) ? await caches.match(path) : undefined;
      await cache.put(path, stored ?? (await download(path)));
    }),
  );
}

async function download(path: string): Promise<Response> {
  const response = await fetch(path, path.startsWith(ASSETS) ? {} : { cache: "no-cache" });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

export async function removeOldShells(): Promise<void> {
  // In the order in which they were made.
  const shells = (await caches.keys()).filter((name) => name.startsWith(SHELL_PREFIX));
  const old = shells.slice(0, -SHELLS).filter((name) => name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
}

export function isShellFile(path: string): boolean {
  return path.startsWith(ASSETS) || PATHS.has(path);
}

/** Return a file of this build, or of another whose page is open; else ask the server. */
export async function shellFile(request: Request): Promise<Response> {
  const isAsset = new URL(request.url).pathname.startsWith(ASSETS);
  const stored = await (isAsset ? caches.match(request) : (await caches.open(NAME)).match(request));
  return stored ?? (await fetch(request));
}

/**
 * Return the page: the server's, so that a new version is there at the next navigation, else this
 * build's, which then finds out what it can show.
 */
export async function answerNavigation(request: Request): Promise<Response> {
  const network = fetch(request);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS));
  const response = await Promise.race([network, late]).catch(() => undefined);
  if (response !== undefined && response.status < LEAST_SERVER_ERROR) return response;
  const page = await (await caches.open(NAME)).match(PAGE);
  return page ?? (await network);
}
