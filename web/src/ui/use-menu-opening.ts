import { useEffect, useRef, useState } from "react";

/**
 * The state of a menu that is open from the start, as when its code was loaded for a press.
 *
 * It opens once its trigger has the focus, which a menu gives back when it closes; the button that
 * was pressed is gone by then.
 */
export function useMenuOpening(isOpenAtStart: boolean) {
  const trigger = useRef<HTMLButtonElement>(null);
  const [isOpen, onOpenChange] = useState(false);
  useEffect(() => {
    if (!isOpenAtStart) return;
    trigger.current?.focus();
    onOpenChange(true);
  }, [isOpenAtStart]);
  return { trigger, menu: { isOpen, onOpenChange } };
}
