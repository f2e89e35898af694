import { useEffect, useState } from "react";

const SHOWN_MS = 4_000;

export interface Slideshow {
  readonly isPlaying: boolean;
  readonly toggle: () => void;
  readonly stop: () => void;
}

/** Step on by itself, for as long as there is a next photo and each is loaded. */
export function useSlideshow(isReady: boolean, next: string | null, onNext: () => void): Slideshow {
  const [wanted, setWanted] = useState(false);
  const isPlaying = wanted && (next !== null || !isReady);
  useEffect(() => {
    if (!isPlaying || !isReady) return;
    const timer = setTimeout(onNext, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isPlaying, isReady, onNext]);
  return {
    isPlaying,
    toggle: () => setWanted(!isPlaying),
    stop: () => setWanted(false),
  };
}
