import { useTranslation } from "react-i18next";
import { PhotoTile } from "@/ui/photo-tile";
import type { TimelinePhoto } from "./month-columns";

interface Props {
  readonly photo: TimelinePhoto;
  readonly onOpen: () => void;
}

export function TimelineTile({ photo, onOpen }: Props) {
  const { t } = useTranslation();
  return (
    <PhotoTile
      id={photo.id}
      name={photo.name}
      aspectRatio={photo.aspect_ratio}
      blurhash={photo.blurhash}
      src={photo.thumbnail_url}
      state={t(photo.status === "failed" ? "timeline.failed" : "timeline.processing")}
      onOpen={onOpen}
    />
  );
}
