import { useEffect, useRef, useState } from "react";
import { decodeBlurhash } from "@/ui/blurhash";
import { classNames } from "@/ui/class-names";
import type { PictureSources } from "./picture-sources";
import type { Size } from "./zoom";

interface Props {
  readonly alt: string;
  /** The size at which the whole picture is shown. */
  readonly fitted: Size;
  readonly scale: number;
  readonly blurhash: string | null | undefined;
  /** A small file that a grid has shown already. */
  readonly thumbnailUrl: string | null | undefined;
  readonly sources: PictureSources | undefined;
  /** The original, where a browser can show it. */
  readonly originalUrl: string | undefined;
  readonly isAnimated: boolean;
}

const LAYER = "absolute inset-0 size-full select-none";
/** Below this the widest variant is as sharp as the original. */
const SHARP_ENOUGH = 1.05;

/** The layers of a picture, the coarse ones below: blurhash, thumbnail, variant, original. */
export function Picture(props: Props) {
  const { alt, fitted, scale, blurhash, sources, originalUrl } = props;
  const [isSharp, setIsSharp] = useState(false);
  const pixels = fitted.width * scale * devicePixelRatio;
  const wantsOriginal =
    props.isAnimated || (sources !== undefined && pixels > sources.width * SHARP_ENOUGH);
  // Once it was needed it stays, so that zooming out and in again loads nothing.
  const [original, setOriginal] = useState<string>();
  if (wantsOriginal && originalUrl !== undefined && original === undefined) {
    setOriginal(originalUrl);
  }
  const thumbnailUrl = props.thumbnailUrl ?? sources?.small;
  return (
    <>
      {!isSharp && blurhash && <Blurhash blurhash={blurhash} />}
      {!isSharp && thumbnailUrl && (
        <img src={thumbnailUrl} alt="" draggable={false} decoding="async" className={LAYER} />
      )}
      {sources && (
        <Layer
          alt={alt}
          src={sources.src}
          srcSet={sources.srcSet}
          sizes={`${Math.ceil(fitted.width * sizeStep(scale))}px`}
          onShown={() => setIsSharp(true)}
        />
      )}
      {original !== undefined && <Layer alt="" src={original} />}
    </>
  );
}

/** Return the scale in steps, so that a pinch does not choose among the variants at each move. */
function sizeStep(scale: number): number {
  return 2 ** Math.ceil(Math.log2(scale));
}

interface LayerProps {
  readonly alt: string;
  readonly src: string;
  readonly srcSet?: string;
  readonly sizes?: string;
  readonly onShown?: () => void;
}

/** A file that appears over the coarser ones when all of it is there. */
function Layer({ alt, src, srcSet, sizes, onShown }: LayerProps) {
  const [isLoaded, setIsLoaded] = useState(false);
  return (
    <img
      alt={alt}
      // Before `src`, so that no other file is requested first.
      sizes={sizes}
      srcSet={srcSet}
      src={src}
      draggable={false}
      decoding="async"
      onLoad={() => setIsLoaded(true)}
      onTransitionEnd={onShown}
      className={classNames(
        LAYER,
        "transition-opacity duration-150",
        isLoaded ? "opacity-100" : "opacity-0",
      )}
    />
  );
}

function Blurhash({ blurhash }: { readonly blurhash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    const image = decodeBlurhash(blurhash);
    if (context && image) context.putImageData(image, 0, 0);
  }, [blurhash]);
  return <canvas ref={canvas} width={32} height={32} aria-hidden className={LAYER} />;
}
