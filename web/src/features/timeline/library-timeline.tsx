import { useSearch } from "@tanstack/react-router";
import {
  type KeyboardEvent,
  lazy,
  Suspense,
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
} from "react";
import { useTranslation } from "react-i18next";
import { isTransient } from "@/api/problem";
import { toSentence } from "@/app/i18n/problem-words";
import { directionOf, isRightToLeft } from "@/features/photos/grid-direction";
import { useOpenPhoto } from "@/features/photos/open-photo";
import { Alert } from "@/ui/alert";
import { Button } from "@/ui/button";
import type { MonthCount } from "./months";
import { Scrubber } from "./scrubber";
import type { TimelineActions } from "./timeline-actions";
import { TimelineGrid } from "./timeline-grid";
import { timelineSequence } from "./timeline-sequence";
import { type ShownTimeline, useTimeline } from "./use-timeline";
import { type TimelineFocus, useTimelineFocus } from "./use-timeline-focus";
import { useTimelineSelection } from "./use-timeline-selection";

const loadToolbar = () => import("@/features/photos/selection-toolbar");
const SelectionToolbar = lazy(async () => ({ default: (await loadToolbar()).SelectionToolbar }));
const LibraryActions = lazy(async () => ({ default: (await loadToolbar()).LibraryActions }));

/** The photos of the library from the latest to the earliest. */
export function LibraryTimeline({ buckets }: { readonly buckets: readonly MonthCount[] }) {
  const container = useRef<HTMLDivElement>(null);
  const shown = useTimeline(container, buckets);
  const { model, view } = shown;
  const selection = useTimelineSelection(view.timeline);
  const focus = useTimelineFocus(container, model, view);
  const actions = useActions(selection, focus);
  const onKeyDown = useKeys(selection, focus);
  useReturnFromViewer(shown, focus);
  const isSelecting = selection.count > 0;
  return (
    <>
      {isSelecting && (
        <Suspense>
          <SelectionToolbar
            count={selection.count}
            isAll={selection.isAll}
            onSelectAll={selection.selectAll}
            onClear={selection.clear}
          >
            <LibraryActions
              isPending={selection.isPending}
              onFavorite={() => void selection.toggleFavorites()}
              onDownload={() => void selection.download()}
              onTrash={() => void selection.run("trash")}
            />
          </SelectionToolbar>
        </Suspense>
      )}
      <TimelineGrid
        container={container}
        view={view}
        selection={selection.photos}
        isSelecting={isSelecting}
        active={focus.active}
        actions={actions}
        onKeyDown={onKeyDown}
      />
      <Scrubber model={model} view={view} />
      <LoadFailure shown={shown} />
    </>
  );
}

type Selection = ReturnType<typeof useTimelineSelection>;

/** Return the same object for all renders, so that tiles are not rendered anew. */
function useActions(selection: Selection, focus: TimelineFocus): TimelineActions {
  const open = useOpenPhoto();
  const latest = useRef({ selection, focus, open });
  useEffect(() => {
    latest.current = { selection, focus, open };
  });
  return useMemo(
    () => ({
      open: ({ month, id }) => latest.current.open(id, timelineSequence(month)),
      toggle: (tile, extend) => latest.current.selection.toggle(tile, extend),
      toggleDay: (month, section) => latest.current.selection.toggleDay(month, section),
      activate: (tile) => latest.current.focus.activate(tile),
    }),
    [],
  );
}

function useKeys(selection: Selection, focus: TimelineFocus) {
  return (event: KeyboardEvent) => {
    const run = selectionKey(event, selection) ?? photoKey(event, selection, focus);
    if (run === undefined) return;
    event.preventDefault();
    run();
  };
}

/** Return what a key does to the selection, wherever in the grid the focus is. */
function selectionKey(event: KeyboardEvent, selection: Selection): (() => void) | undefined {
  const withControl = event.ctrlKey || event.metaKey;
  if (withControl && event.key.toLowerCase() === "a") return selection.selectAll;
  return event.key === "Escape" && selection.count > 0 ? selection.clear : undefined;
}

function photoKey(
  event: KeyboardEvent,
  selection: Selection,
  { active, move }: TimelineFocus,
): (() => void) | undefined {
  const withModifier = event.ctrlKey || event.metaKey || event.altKey;
  if (!(event.target instanceof HTMLAnchorElement) || withModifier) return undefined;
  if (event.key === " " && active) return () => selection.toggle(active, event.shiftKey);
  const direction = directionOf(event.key, isRightToLeft());
  return direction && (() => move(direction));
}

/** Give the focus to the photo that the viewer has shown last; it is scrolled to if it must be. */
function useReturnFromViewer({ view }: ShownTimeline, focus: TimelineFocus): void {
  const { photo } = useSearch({ from: "/signed-in" });
  const { columns } = view;
  const seenLast = useRef(photo);
  const comeBack = useEffectEvent((photoId: string): boolean => {
    const month = [...columns].find(([, { id }]) => id.includes(photoId))?.[0];
    if (month !== undefined && isFocusFree()) focus.show(month, photoId);
    return month !== undefined;
  });
  useEffect(() => {
    if (photo !== undefined) seenLast.current = photo;
    // One that came back from the trash is in its month a moment later.
    else if (seenLast.current !== undefined && columns.size > 0 && comeBack(seenLast.current)) {
      seenLast.current = undefined;
    }
  }, [photo, columns]);
}

/** Whether the focus is on nothing, or on a photo. */
function isFocusFree(): boolean {
  const { activeElement } = document;
  return activeElement === document.body || activeElement?.closest("[role=grid]") != null;
}

function LoadFailure({ shown: { error, retry } }: { readonly shown: ShownTimeline }) {
  const { t } = useTranslation();
  return (
    <div className="fixed inset-x-4 bottom-20 z-20 mx-auto max-w-md lg:bottom-6">
      <Alert>
        {error && (
          <span className="flex items-center gap-3">
            {toSentence(error, t)}
            {isTransient(error) && (
              <Button variant="quiet" onPress={retry}>
                {t("action.retry")}
              </Button>
            )}
          </span>
        )}
      </Alert>
    </div>
  );
}
