import { PanelRightClose } from "lucide-react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";
import type { PhotoDetail } from "../photo-query";
import { CameraFacts } from "./camera-facts";
import { CaptionField } from "./caption-field";
import { DateSection } from "./date-section";
import { FileFacts } from "./file-facts";
import { PlaceSection } from "./place-section";
import { RatingField } from "./rating-field";
import { SimilarPhotos } from "./similar-photos";
import { TagList } from "./tag-list";
import { TextSection } from "./text-section";

interface Props {
  readonly photo: PhotoDetail;
  readonly onClose: () => void;
}

/** All that is known of a photo: beside the picture, on phones below it. */
export function InformationPanel({ photo, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <aside
      aria-label={t("viewer.information")}
      className="h-[56dvh] w-full shrink-0 animate-rise overflow-y-auto overscroll-contain rounded-t-2xl bg-surface text-ink sm:h-dvh sm:w-88 sm:animate-none sm:rounded-none"
    >
      <div className="sticky top-0 z-10 flex h-14 items-center justify-between bg-surface ps-5 pe-2">
        <h2 className="text-lg font-semibold">{t("viewer.information")}</h2>
        <IconButton aria-label={t("viewer.hidePanel")} onPress={onClose}>
          <PanelRightClose aria-hidden className="size-5 max-sm:rotate-90 sm:rtl:-scale-x-100" />
        </IconButton>
      </div>
      <div className="flex flex-col gap-6 px-5 pt-1 pb-8">
        <CaptionField photo={photo} />
        <RatingField photo={photo} />
        <TagList photo={photo} />
        <DateSection photo={photo} />
        <PlaceSection location={photo.location ?? undefined} />
        <TextSection key={photo.id} text={photo.text} />
        <CameraFacts exif={photo.exif} />
        <FileFacts photo={photo} />
        <SimilarPhotos photo={photo} />
      </div>
    </aside>
  );
}
