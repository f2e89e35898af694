/** Originals as downloads. The API gives their addresses one photo at a time. */

import type { TFunction } from "i18next";
import { api, unwrap } from "@/api/client";
import { toSentence } from "@/app/i18n/problem-words";
import { showToast } from "@/ui/toasts";

/** Browsers ask before a page downloads more than one file, and stop a page with many. */
const MOST_FILES = 50;
const BETWEEN_MS = 300;

/** Download the originals of photos; each is a download of its own. */
export async function downloadPhotos(ids: readonly string[], t: TFunction): Promise<void> {
  if (ids.length > MOST_FILES) {
    showToast(t("photos.download.tooMany", { count: MOST_FILES }));
    return;
  }
  let missing = 0;
  try {
    for (const [index, id] of ids.entries()) {
      if (index > 0) await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
      const { original_url: url } = await unwrap(
        api.GET("/api/v1/photos/{photo_id}", {
          params: { path: { photo_id: id }, query: { variants: "" } },
        }),
      );
      if (url) startDownload(url);
      else missing += 1;
    }
  } catch (error) {
    showToast(toSentence(error, t));
    return;
  }
  if (missing > 0) showToast(t("photos.download.missing", { count: missing }));
}

/** Have the browser download an address, which answers with an attachment. */
function startDownload(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.rel = "noreferrer";
  link.click();
}
