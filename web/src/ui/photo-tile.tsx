import { useRouter } from "@tanstack/react-router";
import { CircleAlert, Heart } from "lucide-react";
import type { MouseEvent, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { classNames } from "./class-names";
import { PhotoPixels } from "./photo-pixels";
import { RoundCheck } from "./round-check";
import { useLongPress } from "./use-long-press";

const ROW_HEIGHT_REM = 12;
/** A grid may have lower rows. */
const ROW_HEIGHT = `var(--row-height, ${ROW_HEIGHT_REM}rem)`;
/** Wider or narrower pictures are cropped in the grid. */
const WIDEST = 3;
const NARROWEST = 0.5;

export interface TileSelection {
  readonly isSelected: boolean;
  /** Whether any photo is: a click then selects instead of opening. */
  readonly isSelecting: boolean;
  /** Select the photo, or not; with `extend` those since the one before too. */
  readonly onToggle: (extend: boolean) => void;
}

/** Where a tile is in its row, in CSS pixels. */
export interface TileBox {
  readonly start: number;
  readonly width: number;
  readonly height: number;
}

interface Props {
  readonly id: string;
  readonly name: string;
  readonly aspectRatio: number | null | undefined;
  readonly blurhash: string | null | undefined;
  readonly src: string | null | undefined;
  readonly srcSet?: string | undefined;
  /** Shown where there are no pixels to show. */
  readonly state: string;
  /** Percent of processing. */
  readonly progress?: number | undefined;
  readonly failed?: boolean;
  readonly favorite?: boolean;
  /** A few words over the picture, such as how long a film lasts. */
  readonly badge?: string | undefined;
  /** In a row of a fixed height; else the tile flows. */
  readonly box?: TileBox | undefined;
  readonly selection?: TileSelection | undefined;
  readonly tabIndex?: number | undefined;
  readonly onFocus?: () => void;
  /** Opens the viewer over the list; the link alone would leave it. */
  readonly onOpen: () => void;
  /** The id of an element that says more about the photo, among the children for instance. */
  readonly describedBy?: string;
  /** Over the photo. */
  readonly children?: ReactNode;
}

/** One photo of a grid. Its box has its size before a pixel is there. */
export function PhotoTile(props: Props) {
  const {
    id,
    name,
    aspectRatio,
    box,
    selection,
    tabIndex,
    onFocus,
    onOpen,
    describedBy,
    children,
  } = props;
  const { t } = useTranslation();
  const router = useRouter();
  const ratio = Math.min(Math.max(aspectRatio ?? 1, NARROWEST), WIDEST);
  const longPress = useLongPress(selection && (() => selection.onToggle(false)));
  const isSelected = selection?.isSelected ?? false;

  const onClick = (event: MouseEvent) => {
    // The keyboard opens in any case; space selects.
    const isPointer = event.detail > 0;
    const selects = selection !== undefined && isPointer && selection.isSelecting;
    // Another tab shows the photo alone.
    if (event.metaKey || event.ctrlKey || (event.shiftKey && !selects)) return;
    event.preventDefault();
    if (selects) selection.onToggle(event.shiftKey);
    else onOpen();
  };

  return (
    <div
      role="gridcell"
      aria-selected={selection && isSelected}
      data-photo={id}
      className={classNames(
        "group/tile scroll-mt-20 scroll-mb-24 overflow-hidden rounded-sm",
        box ? "absolute top-0" : "relative min-w-0",
        isSelected ? "bg-accent-soft" : "bg-sunken",
      )}
      style={
        box
          ? { insetInlineStart: box.start, width: box.width, height: box.height }
          : { flexGrow: ratio, flexBasis: `calc(${ratio} * ${ROW_HEIGHT})`, aspectRatio: ratio }
      }
    >
      <div
        className={classNames(
          "absolute inset-0 overflow-hidden transition-[inset,border-radius] duration-150",
          isSelected && "!inset-3 rounded-lg",
        )}
      >
        <Picture {...props} sizes={box ? `${box.width}px` : `${ratio * ROW_HEIGHT_REM}rem`} />
      </div>
      {/* Not the router's `Link`, each of which follows the router: there are hundreds. */}
      <a
        href={`/photos/${encodeURIComponent(id)}`}
        aria-label={name}
        aria-describedby={describedBy}
        draggable={false}
        tabIndex={tabIndex}
        className="absolute inset-0 -outline-offset-2 select-none [-webkit-touch-callout:none]"
        onFocus={onFocus}
        onPointerEnter={() => {
          void router.preloadRoute({ to: "/photos/$photoId", params: { photoId: id } });
        }}
        onClick={onClick}
        {...longPress}
      />
      {selection && (
        <RoundCheck
          onPicture
          tabIndex={-1}
          label={t("photos.select", { name })}
          checked={isSelected}
          onToggle={selection.onToggle}
          className={classNames(
            "absolute start-0 top-0 transition-opacity",
            !selection.isSelecting &&
              "opacity-0 group-focus-within/tile:opacity-100 group-hover/tile:opacity-100 [@media(hover:none)]:hidden",
          )}
        />
      )}
      {children}
    </div>
  );
}

function Picture(props: Props & { readonly sizes: string }) {
  const { blurhash, src, srcSet, sizes, favorite, badge, box } = props;
  return (
    <>
      <PhotoPixels
        blurhash={blurhash}
        src={src}
        srcSet={srcSet}
        sizes={srcSet === undefined ? undefined : sizes}
        isLazy={box === undefined}
      />
      {!src && <State {...props} />}
      {badge && <Badge className="end-1.5 top-1.5">{badge}</Badge>}
      {favorite && (
        <Heart
          aria-hidden
          className="absolute start-2 bottom-2 size-4 fill-white text-white drop-shadow-[0_0_2px_rgb(0_0_0/0.7)]"
        />
      )}
    </>
  );
}

function Badge({
  children,
  className,
}: {
  readonly children: ReactNode;
  readonly className: string;
}) {
  return (
    <span
      className={classNames(
        "absolute rounded-md bg-black/60 px-1.5 py-0.5 text-xs font-medium text-white",
        className,
      )}
    >
      {children}
    </span>
  );
}

/** What is being done for a photo without pixels, or what went wrong. */
function State({ state, progress, failed = false }: Props) {
  return (
    <div
      className={classNames(
        "absolute inset-0 grid content-center justify-items-center gap-1.5 p-2 text-center text-xs",
        failed ? "bg-danger-soft text-danger" : "bg-sunken/70 text-ink-soft",
      )}
    >
      {failed && <CircleAlert aria-hidden className="size-5" />}
      <span className="line-clamp-3 text-balance">{state}</span>
      {progress !== undefined && !failed && (
        <span aria-hidden className="h-1 w-16 max-w-full overflow-hidden rounded-full bg-line">
          <span
            className="block h-full rounded-full bg-accent transition-[width] duration-300"
            style={{ width: `${progress}%` }}
          />
        </span>
      )}
    </div>
  );
}
