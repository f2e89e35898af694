/** The timeline's model in a component: sizes, scrolling, months as they come into view. */

import { useQueries } from "@tanstack/react-query";
import {
  type RefObject,
  useEffect,
  useLayoutEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import { usePendingChanges } from "@/features/photos/pending-changes";
import { entryKey, readAnchor, saveAnchor } from "./kept-anchors";
import { browserClock } from "./layout";
import { type MonthCount, monthQuery } from "./months";
import { withoutEmptied } from "./shown-buckets";
import { TimelineModel, type TimelineView } from "./timeline-model";
import { withPendingChanges } from "./with-pending-changes";

/** The frame's header, which rows scroll under. */
const HEADER_HEIGHT = 64;
const REST_MS = 150;
/** Months that a jump has only passed are not loaded. */
const SETTLE_MS = 100;

export interface ShownTimeline {
  readonly model: TimelineModel;
  readonly view: TimelineView;
  /** Of a month in view that could not be loaded, and has not been before. */
  readonly error: Error | undefined;
  readonly retry: () => void;
}

export function useTimeline(
  container: RefObject<HTMLElement | null>,
  buckets: readonly MonthCount[],
): ShownTimeline {
  const [model] = useState(
    () => new TimelineModel(windowPort(container), browserClock(), readAnchor()),
  );
  const view = useSyncExternalStore(model.subscribe, model.view);
  useSizes(model, container);
  const pending = usePendingChanges();
  const shownBuckets = useMemo(() => withoutEmptied(buckets, pending), [buckets, pending]);
  useLayoutEffect(() => model.setBuckets(shownBuckets), [model, shownBuckets]);
  // After each change of the view: the rows are in their places.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `view` is what it runs after
  useLayoutEffect(() => model.placeScroll(), [model, view]);
  useScrolling(model, container);

  const wanted = useSettled(view.visible.map(({ month }) => monthName(month)));
  const queries = useQueries({ queries: wanted.map(monthQuery) });
  // After each render, since it costs little and a layout may have been dropped meanwhile.
  useEffect(() => {
    for (const { data } of queries) {
      if (data === undefined) continue;
      const shown = withPendingChanges(data, pending);
      // Which months there are is what the buckets say: what was loaded of one may be older.
      if (shown.id.length > 0 && !model.hasMonth(shown)) void model.setMonth(shown);
    }
  });

  const failed = queries.filter(({ isError, data }) => isError && data === undefined);
  return {
    model,
    view,
    error: failed[0]?.error ?? undefined,
    retry: () => {
      for (const { refetch } of failed) void refetch();
    },
  };
}

function monthName(month: string | { readonly month: string }): string {
  return typeof month === "string" ? month : month.month;
}

/** The window, as the element that has the container in it. */
function windowPort(container: RefObject<HTMLElement | null>) {
  const offset = () => {
    const top = container.current?.getBoundingClientRect().top ?? HEADER_HEIGHT;
    return top + window.scrollY - HEADER_HEIGHT;
  };
  return {
    get scrollTop() {
      return window.scrollY - offset();
    },
    scrollTo: (top: number) => window.scrollTo(0, top + offset()),
  };
}

function useSizes(model: TimelineModel, container: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = container.current;
    if (element === null) return;
    const measure = () => {
      if (!isDisplayed(element)) return;
      const below = Number.parseFloat(getComputedStyle(mainOf(element)).paddingBottom) || 0;
      void model.setSize(element.clientWidth, window.innerHeight - HEADER_HEIGHT - below);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    window.addEventListener("resize", measure);
    return () => {
      observer.disconnect();
      window.removeEventListener("resize", measure);
      model.stop();
    };
  }, [model, container]);
}

function mainOf(element: HTMLElement): Element {
  return element.closest("main") ?? document.body;
}

/** Return false while the next screen is waited for, when the window has no content to scroll. */
function isDisplayed(element: HTMLElement | null): boolean {
  return element !== null && element.clientWidth > 0;
}

function useScrolling(model: TimelineModel, container: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    // By the time of the rest another entry may be there, such as that of the viewer.
    let entry: string | undefined;
    const save = () => {
      timer = undefined;
      saveAnchor(entry, model.anchor());
    };
    const rest = () => {
      if (isDisplayed(container.current)) model.rested();
      save();
    };
    const onScroll = () => {
      if (!isDisplayed(container.current)) return;
      model.scrolled();
      entry = entryKey();
      clearTimeout(timer);
      timer = setTimeout(rest, REST_MS);
    };
    window.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      clearTimeout(timer);
      if (timer !== undefined) save();
      window.removeEventListener("scroll", onScroll);
    };
  }, [model, container]);
}

/** Return the months once they are settled; those next to the ones before at once. */
function useSettled(months: readonly string[]): readonly string[] {
  const [settled, setSettled] = useState(months);
  const key = months.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` has all of `months`
  useEffect(() => {
    if (key === settled.join()) return;
    if (settled.length === 0 || months.some((month) => settled.includes(month))) {
      setSettled(months);
      return;
    }
    const timer = setTimeout(() => setSettled(months), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [key, settled]);
  return settled;
}
