/** Files that another app shares with the client: the service worker takes them, a page uploads. */

import { SHARED } from "./cache-names";

/** Of the manifest's `share_target`. */
export const SHARE_PATH = "/share-target";
const FIELD = "photos";
const NAME = "X-File-Name";
const LAST_MODIFIED = "X-Last-Modified";
const LOCK = "pichaven-shared";

/** Store the files of a share, until a page takes them. */
export async function storeShared(form: FormData): Promise<void> {
  const cache = await caches.open(SHARED);
  const files = form.getAll(FIELD).filter((each) => each instanceof File);
  for (const file of files) {
    const headers = {
      "Content-Type": file.type,
      [NAME]: encodeURIComponent(file.name),
      [LAST_MODIFIED]: String(file.lastModified),
    };
    await cache.put(`/shared/${crypto.randomUUID()}`, new Response(file, { headers }));
  }
}

/** Hand the files that wait to `upload`, in one tab; they are removed when it has taken them. */
export async function takeShared(upload: (files: File[]) => Promise<unknown>): Promise<void> {
  if (!("caches" in globalThis) || !(await caches.has(SHARED))) return;
  await navigator.locks.request(LOCK, async () => {
    const cache = await caches.open(SHARED);
    const requests = await cache.keys();
    const files = await Promise.all(
      requests.map(async (request) => {
        const response = await cache.match(request);
        return response && toFile(response);
      }),
    );
    const shared = files.filter((file) => file !== undefined);
    if (shared.length > 0) await upload(shared);
    await caches.delete(SHARED);
  });
}

async function toFile(response: Response): Promise<File> {
  const { headers } = response;
  return new File([await response.blob()], decodeURIComponent(headers.get(NAME) ?? ""), {
    type: headers.get("Content-Type") ?? "",
    lastModified: Number(headers.get(LAST_MODIFIED) ?? 0),
  });
}
