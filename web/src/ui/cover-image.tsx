import { useEffect, useRef, useState } from "react";
import { decodeBlurhash } from "./blurhash";
import { classNames } from "./class-names";

interface Props {
  readonly src?: string | null | undefined;
  readonly srcSet?: string | undefined;
  readonly sizes?: string | undefined;
  readonly blurhash: string | null | undefined;
  /** Whether all of the picture is shown, instead of filling the box. */
  readonly whole?: boolean;
}

/** A picture that fills the positioned box around it; its blurhash until it is loaded. */
export function CoverImage({ src, srcSet, sizes, blurhash, whole = false }: Props) {
  const [loaded, setLoaded] = useState(false);
  const fit = whole ? "object-contain" : "object-cover";
  return (
    <>
      {blurhash && !(whole && loaded) && <Placeholder blurhash={blurhash} fit={fit} />}
      {src && (
        <img
          src={src}
          srcSet={srcSet}
          sizes={sizes}
          alt=""
          loading="lazy"
          decoding="async"
          onLoad={() => setLoaded(true)}
          className={classNames(
            "absolute inset-0 size-full transition-opacity duration-200",
            fit,
            loaded ? "opacity-100" : "opacity-0",
          )}
        />
      )}
    </>
  );
}

function Placeholder({ blurhash, fit }: { readonly blurhash: string; readonly fit: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const image = decodeBlurhash(blurhash);
    if (image) canvas.current?.getContext("2d")?.putImageData(image, 0, 0);
  }, [blurhash]);
  return (
    <canvas
      ref={canvas}
      width={32}
      height={32}
      aria-hidden
      className={classNames("absolute inset-0 size-full", fit)}
    />
  );
}
