import { useEffect, useState } from "react";

const IDLE_MS = 2_500;

/** Whether the controls are hidden: by a tap, and in a slideshow while nothing moves. */
export function useChrome(isPlaying: boolean) {
  const [isHidden, setIsHidden] = useState(false);
  const [movedAt, setMovedAt] = useState(0);
  const [isIdle, setIsIdle] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each movement starts the time anew
  useEffect(() => {
    setIsIdle(false);
    if (!isPlaying) return;
    const timer = setTimeout(() => setIsIdle(true), IDLE_MS);
    return () => clearTimeout(timer);
  }, [isPlaying, movedAt]);
  return {
    isHidden: isHidden || (isPlaying && isIdle),
    toggle: () => setIsHidden(!isHidden),
    wake: (event: { timeStamp: number; pointerType: string }) => {
      if (isPlaying) setMovedAt(event.timeStamp);
      if (event.pointerType === "mouse") setIsHidden(false);
    },
  };
}
