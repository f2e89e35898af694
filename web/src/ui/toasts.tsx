/** Short messages at the edge of the window; one with an action waits longer for it. */

import { X } from "lucide-react";
import {
  type FocusEvent,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "./button";

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly undo?: (() => void) | undefined;
  readonly topic?: string | undefined;
  /** It stays until it is closed, or another of its topic takes its place. */
  readonly lasts: boolean;
}

const SHOWN_MS = 6_000;
const SHOWN_WITH_UNDO_MS = 12_000;
const MOST_SHOWN = 3;

let toasts: readonly Toast[] = [];
let lastId = 0;
let host: HTMLElement | null = null;
const listeners = new Set<() => void>();

/** Return the messages that are shown, the latest last. */
export function shownToasts(): readonly Toast[] {
  return toasts;
}

export function subscribeToToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Ref of an element in a modal dialog: the messages are within it, where keys reach them. */
export function toastHost(element: HTMLElement | null): void {
  host = element;
  for (const listener of listeners) listener();
}

/**
 * Show a message; with `undo`, the button "Undo", which calls it. One with a `topic` takes the
 * place of that topic's message before. One that `lasts`, such as how far something is, has no time.
 */
export function showToast(text: string, undo?: () => void, topic?: string, lasts = false): void {
  const before = toasts.find((toast) => topic !== undefined && toast.topic === topic);
  // What only goes on is the same message.
  const id = before?.lasts && lasts ? before.id : ++lastId;
  const others = toasts.filter((toast) => toast !== before);
  change([...others, { id, text, undo, topic, lasts }].slice(-MOST_SHOWN));
}

function hide(id: number): void {
  change(toasts.filter((toast) => toast.id !== id));
}

export function Toasts() {
  const { t } = useTranslation();
  const shown = useSyncExternalStore(subscribeToToasts, shownToasts);
  const parent = useSyncExternalStore(subscribeToToasts, () => host);
  const [isHeld, setIsHeld] = useState(false);
  const focus = useReturnedFocus();
  const region = (
    <section
      aria-label={t("toast.region")}
      aria-live="polite"
      onPointerEnter={() => setIsHeld(true)}
      onPointerLeave={() => setIsHeld(false)}
      {...focus.props}
      className="pointer-events-none fixed inset-x-0 bottom-20 z-50 flex flex-col items-center gap-2 px-4 in-[:root:has([data-bottom-bar])]:mb-16 lg:bottom-6"
    >
      {shown.map((toast) => (
        <ToastRow key={toast.id} toast={toast} isHeld={isHeld || focus.isInside} />
      ))}
    </section>
  );
  return parent === null ? region : createPortal(region, parent);
}

/** Whether the focus is in the region; when that is gone, it is where it was before. */
function useReturnedFocus() {
  const [isInside, setIsInside] = useState(false);
  const before = useRef<Element | null>(null);
  useLayoutEffect(() => {
    if (!isInside || document.activeElement !== document.body) return;
    setIsInside(false);
    if (before.current instanceof HTMLElement) before.current.focus({ preventScroll: true });
  });
  const props = {
    onFocus: ({ currentTarget, relatedTarget }: FocusEvent) => {
      if (!currentTarget.contains(relatedTarget)) before.current = relatedTarget;
      setIsInside(true);
    },
    onBlur: ({ currentTarget, relatedTarget }: FocusEvent) => {
      if (relatedTarget !== null && !currentTarget.contains(relatedTarget)) setIsInside(false);
    },
  };
  return { isInside, props };
}

interface RowProps {
  readonly toast: Toast;
  /** Whether somebody points at the messages, or has the focus among them: they stay. */
  readonly isHeld: boolean;
}

function ToastRow({ toast, isHeld }: RowProps) {
  const { t } = useTranslation();
  const { id, undo, lasts } = toast;
  useEffect(() => {
    if (lasts || isHeld) return;
    const timer = setTimeout(() => hide(id), undo ? SHOWN_WITH_UNDO_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, undo, lasts, isHeld]);
  return (
    <div
      role="status"
      aria-label={undo ? t("toast.undo") : undefined}
      className="pointer-events-auto flex min-h-12 max-w-md animate-rise items-center gap-2 rounded-xl bg-inverse ps-4 pe-1 text-sm text-on-inverse shadow-lg"
    >
      <span className="py-2.5">{toast.text}</span>
      {undo && (
        <Button
          variant="quiet"
          className="!text-on-inverse font-semibold hover:!bg-white/15"
          onPress={() => {
            hide(id);
            undo();
          }}
        >
          {t("toast.undo")}
        </Button>
      )}
      <IconButton
        aria-label={t("toast.dismiss")}
        className="!text-on-inverse hover:!bg-white/15"
        onPress={() => hide(id)}
      >
        <X aria-hidden className="size-4" />
      </IconButton>
    </div>
  );
}
