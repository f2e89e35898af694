import { Link } from "@tanstack/react-router";
import { ScanSearch } from "lucide-react";
import { memo, useCallback, useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { PhotoSequence } from "@/features/photos/open-photo";
import { selectByKey } from "@/features/photos/selection-keys";
import type { ListSelection } from "@/features/photos/use-list-selection";
import { PhotoTile } from "@/ui/photo-tile";
import { moveInGrid } from "./grid-keys";
import type { Photo } from "./reasons";

export interface Result {
  readonly photo: Photo;
  /** Why it is there, shown on hover and focus. */
  readonly reasons: readonly string[];
}

interface Props {
  readonly label: string;
  readonly results: readonly Result[];
  readonly sequence: PhotoSequence;
  readonly selection?: ListSelection | undefined;
  readonly onOpen: (photoId: string, sequence: PhotoSequence) => void;
}

/** Lower than in the timeline: results stand beside filters, and are looked over. */
export const ROWS = "[--row-height:7rem] sm:[--row-height:10rem]";

/** Results in their order. What is far outside the window is not rendered. */
export function ResultGrid({ label, results, sequence, selection, onOpen }: Props) {
  const toggle = useRef(selection?.toggle);
  useEffect(() => {
    toggle.current = selection?.toggle;
  });
  const onToggle = useCallback((id: string, extend: boolean) => toggle.current?.(id, extend), []);
  const isSelecting = selection !== undefined && selection.ids.size > 0;
  return (
    <div
      role="grid"
      aria-label={label}
      aria-multiselectable={selection !== undefined}
      onKeyDown={(event) => {
        if (selection === undefined || !selectByKey(event, selection)) moveInGrid(event);
      }}
      className={ROWS}
    >
      <div
        role="row"
        className="flex flex-wrap gap-1 after:grow-[10] *:[content-visibility:auto] *:[contain-intrinsic-size:auto_10rem]"
      >
        {results.map(({ photo, reasons }) => (
          <ResultTile
            key={photo.id}
            photo={photo}
            reasons={reasons}
            sequence={sequence}
            isSelected={selection?.ids.has(photo.id)}
            isSelecting={isSelecting}
            onToggle={onToggle}
            onOpen={onOpen}
          />
        ))}
      </div>
    </div>
  );
}

/** Formats of variants that all browsers of the build's target show, the smallest files first. */
const FORMATS = ["avif", "webp", "jpeg"];

interface TileProps extends Result, Pick<Props, "sequence" | "onOpen"> {
  /** Undefined where results cannot be selected. */
  readonly isSelected: boolean | undefined;
  readonly isSelecting: boolean;
  readonly onToggle: (photoId: string, extend: boolean) => void;
}

const ResultTile = memo(function ResultTile(props: TileProps) {
  const { photo, reasons, sequence, isSelected, isSelecting, onToggle, onOpen } = props;
  const { t } = useTranslation();
  const reasonsId = useId();
  const format = FORMATS.find((name) => photo.variants.some((each) => each.format === name));
  const variants = photo.variants
    .filter((each) => each.format === format)
    .sort((a, b) => a.width - b.width);
  const hasReasons = reasons.length > 0;
  return (
    <PhotoTile
      id={photo.id}
      name={photo.caption || photo.filename}
      aspectRatio={photo.width && photo.height ? photo.width / photo.height : null}
      blurhash={photo.blurhash}
      src={variants[0]?.url}
      srcSet={variants.map(({ url, width }) => `${url} ${width}w`).join(", ")}
      favorite={photo.favorite}
      state={t(photo.status === "failed" ? "timeline.failed" : "timeline.processing")}
      selection={
        isSelected === undefined
          ? undefined
          : { isSelected, isSelecting, onToggle: (extend) => onToggle(photo.id, extend) }
      }
      onOpen={() => onOpen(photo.id, sequence)}
      {...(hasReasons ? { describedBy: reasonsId } : {})}
    >
      {hasReasons && (
        <p
          id={reasonsId}
          className="pointer-events-none absolute inset-x-0 bottom-0 bg-linear-to-t from-black/85 to-black/0 px-2.5 pt-8 pb-2 text-xs leading-snug text-white opacity-0 transition-opacity duration-150 group-focus-within/tile:opacity-100 group-hover/tile:opacity-100"
        >
          {reasons.join(" · ")}
        </p>
      )}
      <Link
        to="/search"
        search={{ similar_to: photo.id }}
        preload={false}
        aria-label={t("search.similar.to", { name: photo.caption || photo.filename })}
        title={t("search.similar.action")}
        className="absolute end-1.5 top-1.5 grid size-9 place-items-center rounded-full bg-black/60 text-white opacity-0 transition-opacity duration-150 hover:bg-black/80 focus-visible:opacity-100 group-focus-within/tile:opacity-100 group-hover/tile:opacity-100 pointer-coarse:hidden"
      >
        <ScanSearch aria-hidden className="size-4.5" />
      </Link>
    </PhotoTile>
  );
});
