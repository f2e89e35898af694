/** Why a photo is among the results. */

import type { TFunction } from "i18next";
import type { components } from "@/api/schema";

export type Photo = components["schemas"]["Photo"];
export type SearchHit = components["schemas"]["SearchHit"];
type Matched = SearchHit["matched"];

/** A photo that is less likely meant than not, by the calibrated estimate of the API. */
const CERTAIN_SCORE = 0.5;
const MOST_TAGS = 3;

/** Return the number of results at the top that are more likely meant than not. */
export function countCertain(hits: readonly Pick<SearchHit, "matched" | "score">[]): number {
  const first = hits.findIndex(
    // Without words there is nothing to be certain of.
    ({ matched, score }) => isMatch(matched) && score < CERTAIN_SCORE,
  );
  return first === -1 ? hits.length : first;
}

function isMatch({ text, visual }: Matched): boolean {
  return text.length > 0 || visual !== null;
}

/** Return what of the photo matched, the surest first. */
export function reasonsOf(
  { photo, matched }: Pick<SearchHit, "photo" | "matched">,
  q: string,
  t: TFunction,
  language: string,
): string[] {
  const reasons = matched.text.map((field) => textReason(field, photo, q, t));
  if (matched.visual !== null) {
    const percent = percentOf(matched.visual, language);
    reasons.push(t("search.reason.visual", { percent }));
  }
  return [...new Set(reasons)];
}

export function percentOf(share: number, language: string): string {
  return new Intl.NumberFormat(language, { style: "percent" }).format(Math.max(0, share));
}

function textReason(field: string, photo: Photo, q: string, t: TFunction): string {
  switch (field) {
    case "caption":
      return t("search.reason.caption");
    case "place":
      return t("search.reason.place", { value: placeOf(photo) });
    case "camera":
      return t("search.reason.camera", { value: photo.exif.camera ?? "" });
    case "filename":
      return t("search.reason.filename", { value: photo.filename });
    case "ocr":
      return t("search.reason.ocr");
    default:
      return t("search.reason.tags", { value: tagsOf(photo, q) });
  }
}

function placeOf({ location }: Photo): string {
  return [location?.city, location?.country].filter(Boolean).join(", ");
}

/** Return the tags that the query's words begin; all where another form of a word matched. */
function tagsOf({ tags }: Photo, q: string): string {
  const names = tags.map(({ name }) => name);
  const words = q.toLowerCase().split(/[\s:,"]+/);
  const matching = names.filter((name) =>
    words.some((word) => word.length > 1 && name.toLowerCase().includes(word)),
  );
  return (matching.length > 0 ? matching : names).slice(0, MOST_TAGS).join(", ");
}
