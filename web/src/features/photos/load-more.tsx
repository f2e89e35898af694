import { useEffect, useEffectEvent, useRef } from "react";

interface Props {
  readonly hasMore: boolean;
  readonly onLoad: () => void;
}

/** Loads the next page of a list when its end comes near the view. */
export function LoadMore({ hasMore, onLoad }: Props) {
  const end = useRef<HTMLDivElement>(null);
  const load = useEffectEvent(onLoad);
  useEffect(() => {
    const { current } = end;
    if (!hasMore || current === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) load();
      },
      { rootMargin: "1500px" },
    );
    observer.observe(current);
    return () => observer.disconnect();
  }, [hasMore]);
  return <div ref={end} aria-hidden className="h-px" />;
}
