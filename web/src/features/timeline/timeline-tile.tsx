import { useTranslation } from "react-i18next";
import { PhotoTile } from "@/ui/photo-tile";
import type { TimelinePhoto } from "./month-columns";

export function TimelineTile({ photo }: { readonly photo: TimelinePhoto }) {
  const { t } = useTranslation();
  return (
    <PhotoTile
      name={photo.name}
      aspectRatio={photo.aspect_ratio}
      blurhash={photo.blurhash}
      src={photo.thumbnail_url}
      state={t(photo.status === "failed" ? "timeline.failed" : "timeline.processing")}
    />
  );
}
