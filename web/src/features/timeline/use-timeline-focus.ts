/** The photo that Tab leads to, and the arrow keys from photo to photo. */

import { type RefObject, useLayoutEffect, useRef, useState } from "react";
import { useFocusReturn } from "@/features/photos/use-focus-return";
import {
  type Direction,
  neighbour,
  type PhotoPosition,
  photoBox,
  positionToShow,
  scrollPosition,
  type Timeline,
  type UnloadedNeighbour,
  type VisibleRows,
} from "./layout";
import type { TileRef } from "./timeline-actions";
import type { TimelineModel, TimelineView } from "./timeline-model";

/** Kept free above and below a photo that is shown: the heading of its day. */
const MARGIN = 56;

type Target = PhotoPosition | UnloadedNeighbour;

export interface TimelineFocus {
  readonly active: TileRef | undefined;
  readonly activate: (tile: TileRef) => void;
  /** Give the focus to the photo that an arrow key leads to from the active one. */
  readonly move: (direction: Direction) => void;
  /** Give the focus to a photo of a loaded month; what is in view stays where the photo is in it. */
  readonly show: (month: string, photoId: string) => void;
}

export function useTimelineFocus(
  container: RefObject<HTMLElement | null>,
  model: TimelineModel,
  view: TimelineView,
): TimelineFocus {
  const [activated, activate] = useState<TileRef>();
  const target = useRef<Target>(undefined);
  const active = activeTile(view, activated);
  useFocusReturn(container, () => active && linkOf(container, active.id));

  useLayoutEffect(() => {
    const { current } = target;
    if (current === undefined) return;
    const position = positionOf(view.timeline, current);
    const id = position && idAt(view.timeline, position);
    if (position === undefined || id === undefined) return;
    const link = linkOf(container, id);
    if (!link) return;
    target.current = undefined;
    link.focus({ preventScroll: true });
  });

  const isInView = (position: PhotoPosition): boolean => {
    const { top, height } = photoBox(view.timeline, position);
    const below = top - model.position();
    return below + height > 0 && below < view.scroll.viewportHeight;
  };

  const focus = (next: Target) => {
    target.current = next;
    const position = positionOf(view.timeline, next);
    if (position === undefined) {
      const index = view.timeline.months.findIndex(({ month }) => month === next.month);
      const top = view.timeline.tops[index] ?? 0;
      const bottom = view.timeline.tops[index + 1] ?? top;
      const isFirst = !("edge" in next) || next.edge === "first";
      const { viewportHeight } = view.scroll;
      model.jumpTo(isFirst ? top - viewportHeight / 2 : bottom - viewportHeight / 2);
      return;
    }
    const box = photoBox(view.timeline, position);
    model.jumpTo(positionToShow(box, model.position(), view.scroll.viewportHeight, MARGIN));
  };

  return {
    active,
    activate,
    move: (direction) => {
      if (active === undefined) return;
      const next = neighbour(view.timeline, active, direction);
      if (next !== undefined) focus(next);
    },
    show: (month, photoId) => {
      const photo = photoIndex(view.timeline, month, photoId);
      if (photo === undefined) return;
      if (isInView({ month, photo })) linkOf(container, photoId)?.focus({ preventScroll: true });
      else focus({ month, photo });
    },
  };
}

function linkOf(container: RefObject<HTMLElement | null>, id: string) {
  return container.current?.querySelector<HTMLElement>(`[data-photo="${id}"] a`);
}

/**
 * Return the tile that was activated where it is near the view, or the one in its place where it
 * has left its month; else the first in view.
 */
function activeTile(view: TimelineView, activated: TileRef | undefined): TileRef | undefined {
  const rows = view.visible.filter((each) => each.kind === "rows");
  const own = rows.find(({ month }) => month.month === activated?.month);
  const active = own && activated && tileNear(view.timeline, own, activated);
  if (active !== undefined) return active;
  const position = scrollPosition(view.scroll);
  for (const { month, top, firstRow, endRow } of rows) {
    for (let row = firstRow; row < endRow; row += 1) {
      if (top + (month.layout.rowTop[row] ?? 0) < position) continue;
      const photo = month.layout.rowPhoto[row] ?? 0;
      return { month: month.month, id: month.photos.ids[photo] ?? "", photo };
    }
  }
  return undefined;
}

function tileNear(
  timeline: Timeline,
  { month, firstRow, endRow }: VisibleRows,
  tile: TileRef,
): TileRef | undefined {
  const index = photoIndex(timeline, month.month, tile.id, tile.photo);
  const photo = index ?? Math.min(tile.photo, month.count - 1);
  const id = month.photos.ids[photo] ?? "";
  const first = month.layout.rowPhoto[firstRow] ?? 0;
  const end = month.layout.rowPhoto[endRow] ?? 0;
  return photo >= first && photo < end ? { month: month.month, id, photo } : undefined;
}

function positionOf(timeline: Timeline, target: Target): PhotoPosition | undefined {
  if ("photo" in target) return target;
  const month = timeline.months.find((each) => each.month === target.month);
  if (month?.kind !== "loaded") return undefined;
  return { month: month.month, photo: target.edge === "first" ? 0 : month.count - 1 };
}

function idAt(timeline: Timeline, { month, photo }: PhotoPosition): string | undefined {
  const loaded = timeline.months.find((each) => each.month === month);
  return loaded?.kind === "loaded" ? loaded.photos.ids[photo] : undefined;
}

function photoIndex(
  timeline: Timeline,
  month: string,
  id: string,
  hint?: number,
): number | undefined {
  const loaded = timeline.months.find((each) => each.month === month);
  if (loaded?.kind !== "loaded") return undefined;
  if (hint !== undefined && loaded.photos.ids[hint] === id) return hint;
  const photo = loaded.photos.ids.indexOf(id);
  return photo < 0 ? undefined : photo;
}
