import { useTranslation } from "react-i18next";
import { PhotoTile } from "@/ui/photo-tile";
import { formatWallTime } from "./days";
import type { CompactPhoto } from "./months";

export function TimelineTile({ photo }: { readonly photo: CompactPhoto }) {
  const { t, i18n } = useTranslation();
  const when = formatWallTime(photo.taken_at_local, i18n.language);
  return (
    <PhotoTile
      name={t(photo.favorite ? "timeline.photo.favorite" : "timeline.photo", { when })}
      aspectRatio={photo.aspect_ratio}
      blurhash={photo.blurhash}
      src={photo.thumbnail_url}
      state={t(photo.status === "failed" ? "timeline.failed" : "timeline.processing")}
    />
  );
}
