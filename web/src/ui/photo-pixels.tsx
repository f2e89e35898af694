import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { decodeBlurhash } from "./blurhash";
import { classNames } from "./class-names";

interface Props {
  readonly blurhash: string | null | undefined;
  readonly src: string | null | undefined;
  readonly srcSet?: string | undefined;
  readonly sizes?: string | undefined;
  /** Loaded when it comes near the view, for lists that mount all their tiles. */
  readonly isLazy?: boolean;
}

/** A picture that is there sooner is shown without a fade. */
const SOON_MS = 150;

/** A picture over its blurhash; its request is cancelled when it is taken away. */
export function PhotoPixels({ blurhash, src, srcSet, sizes, isLazy = false }: Props) {
  const [loaded, setLoaded] = useState<{ readonly src: string; readonly isOpaque: boolean }>();
  const image = useRef<HTMLImageElement>(null);
  const requestedAt = useRef(0);
  // A layout effect ends while the image is still in the document. Chromium has the document watch
  // for an image whose source changes later, and then holds it, with its row, until the page goes.
  useLayoutEffect(() => {
    const { current } = image;
    if (current === null || !src) return;
    requestedAt.current = performance.now();
    if (srcSet) current.srcset = srcSet;
    current.src = src;
    return () => {
      // Without its source an image that is taken away is loaded no further.
      current.removeAttribute("srcset");
      current.removeAttribute("src");
    };
  }, [src, srcSet]);
  const isLoaded = loaded !== undefined && loaded.src === src;
  const isOpaque = isLoaded && loaded.isOpaque;
  return (
    <>
      {/* Hundreds of pictures that nobody sees would be painted with those that are over them. */}
      {blurhash && !isOpaque && <Placeholder blurhash={blurhash} />}
      {src && (
        <img
          ref={image}
          sizes={sizes}
          alt=""
          decoding="async"
          loading={isLazy ? "lazy" : "eager"}
          draggable={false}
          onLoad={() => {
            setLoaded({ src, isOpaque: performance.now() - requestedAt.current < SOON_MS });
          }}
          onTransitionEnd={() => isLoaded && setLoaded({ src, isOpaque: true })}
          className={classNames(
            "absolute inset-0 size-full object-cover",
            !isLoaded && "opacity-0",
            isLoaded && !isOpaque && "transition-opacity duration-200",
          )}
        />
      )}
    </>
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
