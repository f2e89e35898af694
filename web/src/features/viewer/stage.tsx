import { useRef, useState } from "react";
import { type Drag, useGestures } from "./gestures";
import type { Neighbours } from "./neighbours";
import { Slide } from "./slide";
import type { Zoom } from "./use-zoom";
import type { Point, Size } from "./zoom";

interface Props {
  readonly photoId: string;
  readonly neighbours: Neighbours;
  readonly size: Size;
  readonly zoom: Zoom;
  readonly isRightToLeft: boolean;
  readonly onStep: (photoId: string) => void;
  readonly onClose: () => void;
  readonly onTap: () => void;
}

/** A swipe that goes this far, or this fast, leads to the neighbour; a pull down closes. */
const SWIPE_SHARE = 0.25;
const SWIPE_PX_PER_MS = 0.4;
const PULL_SHARE = 0.2;
/** At the ends of the list the photo follows the finger reluctantly. */
const RESISTANCE = 0.3;
const STILL: Point = { x: 0, y: 0 };

/** The open photo between its neighbours, moved by fingers, mouse and wheel. */
export function Stage(props: Props) {
  const { photoId, neighbours, size, zoom, isRightToLeft, onStep, onClose, onTap } = props;
  const surface = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Drag>({ photoId, ...STILL });
  const [isGliding, setIsGliding] = useState(false);
  const { previous, next } = neighbours;

  /** Return the photo that comes in when the row moves by a distance. */
  const neighbourAt = (x: number): string | null => (x < 0 !== isRightToLeft ? next : previous);

  const gestures = useGestures({
    surface,
    zoom,
    onTap,
    onDrag: ({ x, y }) => {
      setIsGliding(false);
      setDrag({ photoId, x: neighbourAt(x) === null ? x * RESISTANCE : x, y });
    },
    onDragEnd: ({ x, y }, velocity) => {
      setIsGliding(true);
      setDrag({ photoId, ...STILL });
      const isFar = Math.abs(x) > size.width * SWIPE_SHARE;
      const isFast = Math.abs(velocity.x) > SWIPE_PX_PER_MS && Math.abs(x) > 0;
      const neighbour = neighbourAt(x);
      if ((isFar || isFast) && neighbour !== null) onStep(neighbour);
      else if (y > size.height * PULL_SHARE) onClose();
    },
  });

  const slides = [
    { id: previous, position: -1 },
    { id: photoId, position: 0 },
    { id: next, position: 1 },
  ];
  return (
    <div
      ref={surface}
      {...gestures}
      onTransitionEnd={({ propertyName }) => {
        if (propertyName === "transform") setIsGliding(false);
      }}
      className="absolute inset-0 touch-none overflow-hidden"
      style={{ cursor: zoom.isWhole ? "default" : "grab" }}
    >
      {slides.map(({ id, position }) =>
        id === null ? null : (
          <Slide
            key={id}
            photoId={id}
            position={position}
            stage={size}
            view={zoom.view}
            isSmooth={position === 0 && zoom.isSmooth}
            drag={drag.photoId === photoId ? drag : STILL}
            isGliding={isGliding}
            isRightToLeft={isRightToLeft}
          />
        ),
      )}
    </div>
  );
}
