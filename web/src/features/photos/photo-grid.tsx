import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { PhotoTile } from "@/ui/photo-tile";
import { sequenceOf, useOpenPhoto } from "./open-photo";

export type Photo = components["schemas"]["Photo"];

interface Props {
  readonly photos: readonly Photo[];
  readonly label: string;
}

/** Photos of a list that is not the timeline, in the list's order. Each opens in the viewer. */
export function PhotoGrid({ photos, label }: Props) {
  const sequence = useMemo(() => sequenceOf(photos.map(({ id }) => id)), [photos]);
  const open = useOpenPhoto();
  return (
    <div role="grid" aria-label={label}>
      <div role="row" className="flex flex-wrap gap-1 after:grow-[10]">
        {photos.map((photo) => (
          <Tile key={photo.id} photo={photo} onOpen={() => open(photo.id, sequence)} />
        ))}
      </div>
    </div>
  );
}

/** Formats of variants that all browsers of the build's target show, the smallest files first. */
const FORMATS = ["avif", "webp", "jpeg"];

function Tile({ photo, onOpen }: { readonly photo: Photo; readonly onOpen: () => void }) {
  const { t } = useTranslation();
  const format = FORMATS.find((name) => photo.variants.some((each) => each.format === name));
  const variants = photo.variants
    .filter((each) => each.format === format)
    .sort((a, b) => a.width - b.width);
  const ratio = photo.width && photo.height ? photo.width / photo.height : null;
  return (
    <PhotoTile
      id={photo.id}
      name={photo.caption || photo.filename}
      aspectRatio={ratio}
      blurhash={photo.blurhash}
      src={variants[0]?.url}
      srcSet={variants.map(({ url, width }) => `${url} ${width}w`).join(", ")}
      state={t(photo.status === "failed" ? "timeline.failed" : "timeline.processing")}
      onOpen={onOpen}
    />
  );
}
