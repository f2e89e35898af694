import type { Direction } from "@/features/timeline/layout";

/** Return where a key leads to in a grid; undefined for one that leads nowhere. */
export function directionOf(key: string, isRightToLeft: boolean): Direction | undefined {
  switch (key) {
    case "ArrowUp":
      return "up";
    case "ArrowDown":
      return "down";
    case "ArrowLeft":
      return isRightToLeft ? "next" : "previous";
    case "ArrowRight":
      return isRightToLeft ? "previous" : "next";
    case "Home":
      return "rowStart";
    case "End":
      return "rowEnd";
    default:
      return undefined;
  }
}

export function isRightToLeft(): boolean {
  return document.documentElement.dir === "rtl";
}
