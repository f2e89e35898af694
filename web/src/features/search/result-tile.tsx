import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { PhotoTile } from "@/ui/photo-tile";

type Photo = components["schemas"]["Photo"];

/** Formats of variants that all browsers of the build's target show, the smallest files first. */
const FORMATS = ["avif", "webp", "jpeg"];

export function ResultTile({ photo }: { readonly photo: Photo }) {
  const { t } = useTranslation();
  const format = FORMATS.find((name) => photo.variants.some((each) => each.format === name));
  const variants = photo.variants
    .filter((each) => each.format === format)
    .sort((a, b) => a.width - b.width);
  const ratio = photo.width && photo.height ? photo.width / photo.height : null;
  return (
    <PhotoTile
      name={photo.caption || photo.filename}
      aspectRatio={ratio}
      blurhash={photo.blurhash}
      src={variants[0]?.url}
      srcSet={variants.map(({ url, width }) => `${url} ${width}w`).join(", ")}
      state={t(photo.status === "failed" ? "timeline.failed" : "timeline.processing")}
    />
  );
}
