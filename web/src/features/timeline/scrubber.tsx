import {
  type KeyboardEvent,
  memo,
  type PointerEvent,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useTranslation } from "react-i18next";
import { classNames } from "@/ui/class-names";
import { formatShortMonth } from "./days";
import {
  dateAtThumb,
  monthAt,
  positionAtThumb,
  type ScrubberMark,
  type ScrubberTrack,
  scrubberMarks,
  type Timeline,
  thumbTop,
} from "./layout";
import { monthBeside } from "./scrubber-steps";
import type { TimelineModel, TimelineView } from "./timeline-model";

/** Above and below the track, so that the thumb is whole at its ends. */
const PADDING = 28;
/** The thumb hides marks that it would cross. */
const CLEARANCE = 10;
/** The label and, on phones, the handle are shown this long after scrolling. */
const SHOWN_MS = 1_400;

interface Props {
  readonly model: TimelineModel;
  readonly view: TimelineView;
}

/** Years and months beside the timeline, and a thumb that leads to each of them. */
export function Scrubber({ model, view }: Props) {
  const { t, i18n } = useTranslation();
  const { timeline, scroll } = view;
  const slider = useRef<HTMLDivElement>(null);
  const [isDragging, setIsDragging] = useState(false);
  const track = useTrack(view);
  const { top, isScrolling } = useThumb(model, track);
  const marks = useMemo(() => scrubberMarks(timeline, track), [timeline, track]);
  const date = dateAtThumb(timeline, track, top);
  if (timeline.height <= scroll.viewportHeight || date === undefined) return null;

  const jump = (thumb: number) => {
    const target = Math.min(Math.max(thumb, 0), track.height);
    model.jumpTo(positionAtThumb(track, target), dateAtThumb(timeline, track, target));
  };
  const follow = (event: PointerEvent<HTMLDivElement>) => {
    jump(event.clientY - event.currentTarget.getBoundingClientRect().top - PADDING);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = positionForKey(event.key, timeline, model.position());
    if (target === undefined) return;
    event.preventDefault();
    model.jumpTo(target);
  };
  const label = formatShortMonth(date, i18n.language);
  const isShown = isScrolling || isDragging;
  return (
    <div
      ref={slider}
      role="slider"
      tabIndex={0}
      aria-label={t("timeline.scrubber")}
      aria-orientation="vertical"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round((top / track.height) * 100)}
      aria-valuetext={label}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setIsDragging(true);
        follow(event);
      }}
      onPointerMove={(event) => isDragging && follow(event)}
      onPointerUp={() => setIsDragging(false)}
      onPointerCancel={() => setIsDragging(false)}
      className={classNames(
        "group/scrubber fixed end-0 top-16 z-20 w-12 cursor-pointer touch-none select-none -outline-offset-2",
        // A finger that scrolls at the edge must not jump: on phones the handle alone takes it.
        "max-sm:pointer-events-none max-sm:w-11",
      )}
      style={{ height: track.height + 2 * PADDING }}
    >
      <div
        aria-hidden
        className={classNames(
          "absolute inset-x-0 transition-opacity duration-200 max-sm:opacity-0",
          isDragging ? "!opacity-100" : "sm:opacity-70 sm:group-hover/scrubber:opacity-100",
        )}
        style={{ top: PADDING }}
      >
        {marks
          .filter((mark) => Math.abs(mark.top - top) > CLEARANCE)
          .map((mark) => (
            <Mark key={mark.month} mark={mark} />
          ))}
      </div>
      <Thumb top={top + PADDING} label={label} isShown={isShown} />
    </div>
  );
}

const Mark = memo(function Mark({ mark }: { readonly mark: ScrubberMark }) {
  return mark.kind === "year" ? (
    <span
      className="absolute end-2 -translate-y-1/2 rounded-md bg-canvas/90 px-1.5 text-xs text-ink tabular-nums"
      style={{ top: mark.top }}
    >
      {mark.month.slice(0, "YYYY".length)}
    </span>
  ) : (
    <span
      className="absolute end-3.5 size-1 -translate-y-1/2 rounded-full bg-line-strong"
      style={{ top: mark.top }}
    />
  );
});

interface ThumbProps {
  readonly top: number;
  readonly label: string;
  readonly isShown: boolean;
}

function Thumb({ top, label, isShown }: ThumbProps) {
  return (
    <div
      aria-hidden
      className="absolute inset-x-0 h-0"
      style={{ transform: `translateY(${top}px)` }}
    >
      <span className="absolute end-0 h-0.5 w-12 -translate-y-1/2 rounded-full bg-accent max-sm:hidden" />
      <span
        className={classNames(
          "absolute end-0 -mt-6 h-12 w-7 rounded-s-full bg-inverse shadow-lg transition-opacity sm:hidden",
          isShown ? "pointer-events-auto opacity-90" : "opacity-0",
        )}
      />
      <span
        className={classNames(
          "absolute end-14 -translate-y-1/2 rounded-full bg-inverse px-3 py-1.5 text-sm font-medium whitespace-nowrap text-on-inverse shadow-lg transition-opacity sm:group-hover/scrubber:opacity-100",
          "group-focus-visible/scrubber:opacity-100",
          isShown ? "opacity-100" : "opacity-0",
        )}
      >
        {label}
      </span>
    </div>
  );
}

/** Return the same track until a height changes, so that its marks stay while rows scroll. */
function useTrack({ timeline, scroll }: TimelineView): ScrubberTrack {
  const { height: contentHeight } = timeline;
  const { viewportHeight } = scroll;
  return useMemo(
    () => ({
      height: Math.max(1, viewportHeight - 2 * PADDING),
      contentHeight,
      viewportHeight,
    }),
    [contentHeight, viewportHeight],
  );
}

/** Return where the thumb is, once a frame, and whether the timeline has just been scrolled. */
function useThumb(model: TimelineModel, track: ScrubberTrack) {
  const [position, setPosition] = useState(model.position);
  const [isScrolling, setIsScrolling] = useState(false);
  useEffect(() => {
    let frame = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = model.subscribePosition(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        setPosition(model.position());
        setIsScrolling(true);
        clearTimeout(timer);
        timer = setTimeout(() => setIsScrolling(false), SHOWN_MS);
      });
    });
    return () => {
      unsubscribe();
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [model]);
  return { top: thumbTop(track, position), isScrolling };
}

function positionForKey(key: string, timeline: Timeline, position: number): number | undefined {
  // A pixel below the top, so that a month that begins there is the present one.
  const month = monthAt(timeline, position + 1);
  const topOf = (index: number) => timeline.tops[index];
  switch (key) {
    case "Home":
      return 0;
    case "End":
      return timeline.height;
    case "ArrowDown":
    case "ArrowRight":
      return topOf(monthBeside(timeline, month, "month", 1));
    case "ArrowUp":
    case "ArrowLeft":
      return topOf(monthBeside(timeline, month, "month", -1));
    case "PageDown":
      return topOf(monthBeside(timeline, month, "year", 1));
    case "PageUp":
      return topOf(monthBeside(timeline, month, "year", -1));
    default:
      return undefined;
  }
}
