import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { decodeBlurhash } from "./blurhash";
import { classNames } from "./class-names";

const ROW_HEIGHT_REM = 12;
/** A grid may have lower rows. */
const ROW_HEIGHT = `var(--row-height, ${ROW_HEIGHT_REM}rem)`;
/** Wider or narrower pictures are cropped in the grid. */
const WIDEST = 3;
const NARROWEST = 0.5;

interface Props {
  readonly id: string;
  readonly name: string;
  readonly aspectRatio: number | null | undefined;
  readonly blurhash: string | null | undefined;
  readonly src: string | null | undefined;
  readonly srcSet?: string | undefined;
  /** Shown where there are no pixels to show. */
  readonly state: string;
  /** Opens the viewer over the list; the link alone would leave it. */
  readonly onOpen: () => void;
  /** The id of an element that says more about the photo, among the children for instance. */
  readonly describedBy?: string;
  /** Over the photo. */
  readonly children?: ReactNode;
}

/** One photo of a grid. Its box has its size before a pixel is there. */
export function PhotoTile(props: Props) {
  const { id, name, aspectRatio, blurhash, src, srcSet, state, onOpen, describedBy, children } =
    props;
  const [loaded, setLoaded] = useState(false);
  const ratio = Math.min(Math.max(aspectRatio ?? 1, NARROWEST), WIDEST);
  return (
    <div
      role="gridcell"
      className="group/tile relative min-w-0 overflow-hidden rounded-sm bg-sunken"
      style={{ flexGrow: ratio, flexBasis: `calc(${ratio} * ${ROW_HEIGHT})`, aspectRatio: ratio }}
    >
      {blurhash && <Placeholder blurhash={blurhash} />}
      {src ? (
        <img
          src={src}
          srcSet={srcSet}
          sizes={srcSet === undefined ? undefined : `${ratio * ROW_HEIGHT_REM}rem`}
          alt=""
          loading="lazy"
          decoding="async"
          onLoad={() => setLoaded(true)}
          className={classNames(
            "absolute inset-0 size-full object-cover transition-opacity duration-200",
            loaded ? "opacity-100" : "opacity-0",
          )}
        />
      ) : (
        <p className="absolute inset-0 grid place-items-center p-3 text-center text-sm text-ink-soft">
          {state}
        </p>
      )}
      <Link
        to="/photos/$photoId"
        params={{ photoId: id }}
        aria-label={name}
        aria-describedby={describedBy}
        className="absolute inset-0 -outline-offset-2"
        onClick={(event) => {
          // Another tab shows the photo alone.
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          onOpen();
        }}
      />
      {children}
    </div>
  );
}

function Placeholder({ blurhash }: { readonly blurhash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    const image = decodeBlurhash(blurhash);
    if (context && image) context.putImageData(image, 0, 0);
  }, [blurhash]);
  return (
    <canvas
      ref={canvas}
      width={32}
      height={32}
      aria-hidden
      className="absolute inset-0 size-full"
    />
  );
}
