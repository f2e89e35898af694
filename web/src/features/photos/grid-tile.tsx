import { useTranslation } from "react-i18next";
import { useProcessingState } from "@/features/live/processing-state";
import { PhotoTile, type TileBox, type TileSelection } from "@/ui/photo-tile";
import type { Photo } from "./photo-grid";

/** Formats of variants that all browsers of the build's target show, the smallest files first. */
const FORMATS = ["avif", "webp", "jpeg"];

interface Props {
  readonly photo: Photo;
  readonly box: TileBox;
  readonly badge: string | undefined;
  readonly selection: TileSelection;
  readonly tabIndex: number;
  readonly onFocus: () => void;
  readonly onOpen: () => void;
}

/** A photo of a list that has its variants. */
export function GridTile({ photo, ...props }: Props) {
  const { t } = useTranslation();
  const format = FORMATS.find((name) => photo.variants.some((each) => each.format === name));
  const variants = photo.variants
    .filter((each) => each.format === format)
    .sort((a, b) => a.width - b.width);
  const step = useProcessingState(photo.status === "processing" ? photo.id : undefined);
  const isFailed = photo.status === "failed";
  const ratio = photo.width && photo.height ? photo.width / photo.height : null;
  return (
    <PhotoTile
      {...props}
      id={photo.id}
      name={photo.caption || photo.filename}
      aspectRatio={ratio}
      blurhash={photo.blurhash}
      src={variants[0]?.url}
      srcSet={variants.map(({ url, width }) => `${url} ${width}w`).join(", ")}
      state={t(isFailed ? "timeline.failed" : (step?.label ?? "timeline.processing"))}
      progress={step?.percent}
      failed={isFailed}
      favorite={photo.favorite}
    />
  );
}
