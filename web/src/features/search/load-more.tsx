import { useEffect, useRef } from "react";
import { ROWS } from "./result-grid";

interface Props {
  readonly isLoading: boolean;
  readonly onReach: () => void;
}

/** The end of what is loaded: asks for more before it comes into view. */
export function LoadMore({ isLoading, onReach }: Props) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (element.current === null || isLoading) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) onReach();
      },
      { rootMargin: "1200px" },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [isLoading, onReach]);
  return (
    <div ref={element} aria-hidden className="mt-1">
      {isLoading && <TileSkeletons rows={1} />}
    </div>
  );
}

const RATIOS = [1.5, 0.75, 1.33, 1.5, 1, 1.33, 0.67, 1.5, 1.33, 1.78, 0.75, 1.5, 1, 1.33];
const PER_ROW = 7;

/** Where photos will be. */
export function TileSkeletons({ rows }: { readonly rows: number }) {
  return (
    <div className={`flex flex-wrap gap-1 ${ROWS}`} aria-hidden>
      {RATIOS.slice(0, rows * PER_ROW).map((ratio, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike and never move.
          key={index}
          className="animate-pulse rounded-sm bg-sunken"
          style={{
            flexGrow: ratio,
            flexBasis: `calc(${ratio} * var(--row-height))`,
            aspectRatio: ratio,
          }}
        />
      ))}
    </div>
  );
}
