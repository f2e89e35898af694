/** Originals as downloads: one as itself, several as one ZIP file, which the browser saves. */

import type { TFunction } from "i18next";
import { api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { i18n } from "@/app/i18n";
import { toSentence } from "@/app/i18n/problem-words";
import { formatBytes } from "@/ui/format-bytes";
import { showToast } from "@/ui/toasts";
import type { WholeList, WholeSearch } from "./photo-jobs";

type DownloadRequest = components["schemas"]["DownloadRequest"];

type Selection =
  | { readonly ids: readonly string[] }
  | { readonly query: WholeList["query"] & { readonly excluded: readonly string[] } };

/** The most that the API takes in one download. */
const MOST_IDS = 10_000;

/** Download the originals of photos. */
export function downloadPhotos(ids: readonly string[], t: TFunction): Promise<void> {
  return saying(t, async () => {
    const [id] = ids;
    if (ids.length > 1) await downloadTogether({ ids }, t);
    else if (id !== undefined) await downloadOne(id, t);
  });
}

/** Download the originals of all photos of a list, whether they are loaded or not. */
export function downloadList({ query, excluded }: WholeList, t: TFunction): Promise<void> {
  return saying(t, () => downloadTogether({ query: { ...query, excluded } }, t));
}

/** Download the originals of the hits of a search. */
export function downloadHits({ loadIds }: WholeSearch, t: TFunction): Promise<void> {
  return saying(t, async () => downloadTogether({ ids: await loadIds() }, t));
}

async function saying(t: TFunction, download: () => Promise<void>): Promise<void> {
  try {
    await download();
  } catch (error) {
    showToast(toSentence(error, t));
  }
}

async function downloadOne(id: string, t: TFunction): Promise<void> {
  const { original_url: url } = await unwrap(
    api.GET("/api/v1/photos/{photo_id}", {
      params: { path: { photo_id: id }, query: { variants: "" } },
    }),
  );
  if (url) startDownload(url);
  else showToast(t("photos.download.missing", { count: 1 }));
}

async function downloadTogether(selection: Selection, t: TFunction): Promise<void> {
  if ("ids" in selection && selection.ids.length > MOST_IDS) {
    showToast(t("problem.download_too_large"));
    return;
  }
  // The document says of fields with a default that they are always there.
  const body = selection as unknown as DownloadRequest;
  const { url, count, size, failed } = await unwrap(api.POST("/api/v1/downloads", { body }));
  startDownload(url);
  const bytes = formatBytes(size, i18n.language);
  showToast(t("photos.download.started", { count, size: bytes }));
  if (failed > 0) showToast(t("photos.download.missing", { count: failed }));
}

/** Have the browser download an address, which answers with an attachment. */
function startDownload(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.rel = "noreferrer";
  link.click();
}
