import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";

/** What belongs to a grid: its photos, and the toolbar that covers the header while some are selected. */
const PARTS = "[role=grid], [role=toolbar]";

/**
 * Give the focus to `link()` when the photo or the button that had it is gone, as a photo that was
 * moved to the trash is: keys would lead nowhere.
 */
export function useFocusReturn(
  container: RefObject<HTMLElement | null>,
  link: () => HTMLElement | null | undefined,
): void {
  const hasFocus = useRef(false);
  useEffect(() => {
    const onFocusIn = ({ target }: FocusEvent) => {
      hasFocus.current = target instanceof Element && target.closest(PARTS) !== null;
    };
    // A click beside everything takes the focus away on purpose.
    const onPointerDown = ({ target }: PointerEvent) => {
      if (target instanceof Element && target.closest(PARTS) === null) hasFocus.current = false;
    };
    document.addEventListener("focusin", onFocusIn);
    document.addEventListener("pointerdown", onPointerDown);
    return () => {
      document.removeEventListener("focusin", onFocusIn);
      document.removeEventListener("pointerdown", onPointerDown);
    };
  }, []);
  // After each render, since each may have removed what had the focus.
  useLayoutEffect(() => {
    if (!hasFocus.current || container.current === null) return;
    if (document.activeElement === document.body) link()?.focus({ preventScroll: true });
  });
}
