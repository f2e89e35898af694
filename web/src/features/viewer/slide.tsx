import { classNames } from "@/ui/class-names";
import { usePhoto } from "./photo-changes";
import { pictureSize, previewOf } from "./photo-query";
import { Picture } from "./picture";
import { isAnimated, pictureSources, showableOriginal } from "./picture-sources";
import { fitInto, type Point, type Size, type View, WHOLE } from "./zoom";

interface Props {
  readonly photoId: string;
  /** 0 for the open photo, -1 for the one before, 1 for the one after. */
  readonly position: number;
  readonly stage: Size;
  readonly view: View;
  /** Whether the view changes by a button or key, and glides. */
  readonly isSmooth: boolean;
  /** How far a finger has dragged the row of photos. */
  readonly drag: Point;
  readonly isGliding: boolean;
  readonly isRightToLeft: boolean;
}

/** Between two photos while one swipes. */
const GAP_PX = 24;
/** How much smaller a photo gets that is pulled down the whole height. */
const SHRINK = 0.5;

/** A photo on the stage, or a neighbour that waits beside it. */
export function Slide(props: Props) {
  const { photoId, position, stage, drag, isRightToLeft } = props;
  const { photo } = usePhoto(photoId);
  const preview = previewOf(photoId);
  const picture = pictureSize(photo, preview);
  if (picture === undefined || stage.width === 0) return null;
  const isOpen = position === 0;
  const view = isOpen ? props.view : WHOLE;
  const fitted = fitInto(picture, stage);
  const direction = isRightToLeft ? -1 : 1;
  const left = position * direction * (stage.width + GAP_PX) + drag.x;
  const shrunk = 1 - (SHRINK * drag.y) / Math.max(1, stage.height);
  return (
    <div
      aria-hidden={!isOpen}
      data-open={isOpen}
      className={classNames(
        "absolute inset-0",
        props.isGliding && "transition-transform duration-300 ease-out",
      )}
      style={{ transform: `translate(${left}px, ${drag.y}px) scale(${shrunk})` }}
    >
      <div
        className={classNames(
          "absolute top-1/2 left-1/2",
          props.isSmooth && "transition-transform duration-200 ease-out",
        )}
        style={{
          width: fitted.width,
          height: fitted.height,
          transform: `translate(-50%, -50%) translate(${view.x}px, ${view.y}px) scale(${view.scale})`,
        }}
      >
        <Picture
          alt={isOpen && photo ? photo.caption || photo.filename : ""}
          fitted={fitted}
          scale={view.scale}
          blurhash={photo?.blurhash ?? preview?.blurhash}
          thumbnailUrl={preview?.thumbnailUrl}
          sources={photo && pictureSources(photo.variants)}
          originalUrl={photo && showableOriginal(photo)}
          isAnimated={isOpen && photo !== undefined && isAnimated(photo)}
        />
      </div>
    </div>
  );
}
