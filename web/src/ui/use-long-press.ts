/** A finger that stays where it is: selects, as a check does for a mouse. */

import { type MouseEvent, type PointerEvent, useRef } from "react";

const HOLD_MS = 450;
const MOST_MOVED_PX = 10;

interface Press {
  readonly timer: ReturnType<typeof setTimeout>;
  readonly x: number;
  readonly y: number;
}

/** Return handlers of an element; the click that ends a long press does nothing else. */
export function useLongPress(onLongPress: (() => void) | undefined) {
  const press = useRef<Press>(null);
  const isLong = useRef(false);
  const end = () => {
    if (press.current !== null) clearTimeout(press.current.timer);
    press.current = null;
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      isLong.current = false;
      if (event.pointerType === "mouse" || onLongPress === undefined) return;
      const timer = setTimeout(() => {
        isLong.current = true;
        press.current = null;
        navigator.vibrate?.(10);
        onLongPress();
      }, HOLD_MS);
      press.current = { timer, x: event.clientX, y: event.clientY };
    },
    onPointerMove: (event: PointerEvent) => {
      const { current } = press;
      if (current === null) return;
      const moved = Math.hypot(event.clientX - current.x, event.clientY - current.y);
      if (moved > MOST_MOVED_PX) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
    onContextMenu: (event: MouseEvent) => {
      // The menu of a link would cover what the press has selected.
      if (press.current !== null || isLong.current) event.preventDefault();
    },
    onClickCapture: (event: MouseEvent) => {
      if (!isLong.current) return;
      isLong.current = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
