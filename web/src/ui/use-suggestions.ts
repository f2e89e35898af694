import { type QueryKey, type UseQueryOptions, useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";

/**
 * What is suggested for a text, and which of it the keys have chosen, while the field keeps the
 * focus. The list is open only while something is suggested. A query that is not `enabled`
 * suggests nothing.
 */
export function useSuggestions<Response, Item, Key extends QueryKey>(
  text: string,
  query: UseQueryOptions<Response, Error, readonly Item[], Key>,
) {
  const [isWanted, setIsWanted] = useState(false);
  const [active, setActive] = useState({ text, index: -1 });
  const isEnabled = isWanted && query.enabled !== false;
  const { data } = useQuery({ ...query, enabled: isEnabled });
  const items = (isEnabled && data) || [];
  const isOpen = items.length > 0;
  // Another text has other suggestions.
  const index = active.text === text && active.index < items.length ? active.index : -1;

  const activate = (next: number) => setActive({ text, index: next });
  const close = useCallback(() => {
    setIsWanted(false);
    setActive({ text: "", index: -1 });
  }, []);

  /** Move through the list and close it; return whether the key did something. */
  const onKey = (key: string): boolean => {
    if (key === "ArrowDown" || key === "ArrowUp") {
      setIsWanted(true);
      if (!isOpen) return true;
      const step = key === "ArrowDown" ? 1 : -1;
      const places = items.length + 1;
      activate(((index + 1 + step + places) % places) - 1);
      return true;
    }
    if (key === "Escape" && isOpen) {
      close();
      return true;
    }
    return false;
  };

  return { isOpen, items, active: index, activate, open: () => setIsWanted(true), close, onKey };
}
