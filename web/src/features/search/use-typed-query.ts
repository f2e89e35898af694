import { useLocation, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { filtersOf, readSearchAddress, type SearchAddress, withWords } from "./search-address";

const PAUSE_MS = 180;
/** One letter says too little to leave another screen for it. */
const LEAST_LENGTH = 2;

/**
 * The text of the searchbox, and the query of the address that follows it while one types.
 *
 * What is typed in one go is one entry of the history, so that "back" undoes a search.
 */
export function useTypedQuery() {
  const navigate = useNavigate();
  const isOnScreen = useLocation({ select: ({ pathname }) => pathname === "/search" });
  const search: Record<string, unknown> = useSearch({ strict: false });
  const address: SearchAddress = isOnScreen ? readSearchAddress(search) : {};
  const { q = "" } = address;
  const [text, setText] = useState(q);
  /** What the address has from here; another query there comes from a link or from "back". */
  const sent = useRef(q);
  const isTyping = useRef(false);
  const timer = useRef<number | undefined>(undefined);

  useEffect(() => {
    if (q === sent.current) return;
    sent.current = q;
    isTyping.current = false;
    setText(q);
  }, [q]);

  useEffect(() => () => clearTimeout(timer.current), []);

  const send = (next: string) => {
    clearTimeout(timer.current);
    const words = next.trim();
    if (isOnScreen && words === q) return;
    sent.current = words;
    void navigate({
      to: "/search",
      search: withWords(address, words),
      replace: isOnScreen && isTyping.current,
    });
    isTyping.current = true;
  };

  const type = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    if (!isOnScreen && next.trim().length < LEAST_LENGTH) return;
    timer.current = window.setTimeout(() => send(next), PAUSE_MS);
  };

  const submit = () => {
    send(text);
    isTyping.current = false;
  };

  /** Take a text as it is, which the caller puts into the address. */
  const settle = (next: string) => {
    clearTimeout(timer.current);
    sent.current = next;
    isTyping.current = false;
    setText(next);
  };

  const finish = useCallback(() => {
    isTyping.current = false;
  }, []);

  return { text, type, submit, settle, finish, kept: filtersOf(address) };
}
