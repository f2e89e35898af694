import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from "react";
import type { components } from "@/api/schema";
import { type Direction, neighbour } from "@/features/timeline/layout";
import { directionOf, isRightToLeft } from "./grid-direction";
import { GridTile } from "./grid-tile";
import { sequenceOf, useOpenPhoto } from "./open-photo";
import { isShown, usePendingChanges } from "./pending-changes";
import type { WholeList } from "./photo-jobs";
import { SelectedPhotos } from "./selected-photos";
import { selectByKey } from "./selection-keys";
import { SelectionToolbar } from "./selection-toolbar";
import { type ChosenPhotos, useChosenPhotos } from "./use-chosen-photos";
import { useFocusReturn } from "./use-focus-return";
import { type ListSelection, useListSelection } from "./use-list-selection";
import { GROUP, useRows } from "./use-rows";

export type Photo = components["schemas"]["Photo"];

interface Props {
  readonly photos: readonly Photo[];
  readonly label: string;
  /** All of the list, of which the photos are those that are loaded. */
  readonly list: WholeList["query"];
  /** Whether the list has more photos than those that are loaded. */
  readonly hasMore?: boolean;
  /** A few words over a picture. */
  readonly badgeOf?: (photo: Photo) => string | undefined;
  /** The toolbar's buttons; those of photos of the library where it is left out. */
  readonly actions?: (chosen: ChosenPhotos, done: () => void) => ReactNode;
}

/** Photos of a list that is not the timeline, in the list's order. Each opens in the viewer. */
export function PhotoGrid({ label, list, hasMore = false, badgeOf, actions, ...props }: Props) {
  const container = useRef<HTMLDivElement>(null);
  const photos = useShownPhotos(props.photos, list.trashed ? "trash" : "library");
  const ids = useMemo(() => photos.map(({ id }) => id), [photos]);
  const { timeline, rows } = useRows(container, photos);
  const selection = useListSelection(ids);
  const [activated, activate] = useState({ id: "", index: 0 });
  const open = useOpenPhoto();
  // The one in its place where it has left the list.
  const active = ids.includes(activated.id)
    ? activated.id
    : ids[Math.min(activated.index, ids.length - 1)];
  const linkOf = (id: string | undefined) =>
    container.current?.querySelector<HTMLElement>(`[data-photo="${id}"] a`);
  useFocusReturn(container, () => linkOf(active));
  const isSelecting = selection.ids.size > 0;
  const chosen = useChosenPhotos(photos, selection, list, hasMore);

  const move = (direction: Direction) => {
    const from = { month: GROUP, photo: ids.indexOf(active ?? "") };
    const next = from.photo < 0 ? undefined : neighbour(timeline, from, direction);
    const id = next && "photo" in next ? ids[next.photo] : undefined;
    const link = linkOf(id);
    link?.focus({ preventScroll: true });
    link?.parentElement?.scrollIntoView({ block: "nearest" });
  };

  return (
    <>
      {isSelecting && (
        <SelectionToolbar
          count={chosen.count}
          isAll={selection.ids.size === photos.length && (!hasMore || chosen.whole !== undefined)}
          onSelectAll={selection.selectAll}
          onClear={selection.clear}
        >
          {actions?.(chosen, selection.clear) ?? (
            <SelectedPhotos chosen={chosen} onDone={selection.clear} />
          )}
        </SelectionToolbar>
      )}
      <div
        ref={container}
        role="grid"
        aria-label={label}
        aria-multiselectable
        className="relative"
        style={{ height: timeline.height }}
        onKeyDown={(event) => handleKey(event, selection, move)}
      >
        {rowIndices(rows).map((row) => {
          const layout = rows?.month.layout;
          const first = layout?.rowPhoto[row] ?? 0;
          const height = layout?.rowHeight[row] ?? 0;
          return (
            <div
              key={row}
              role="row"
              className="absolute inset-x-0"
              style={{ top: layout?.rowTop[row], height }}
            >
              {photos.slice(first, layout?.rowPhoto[row + 1]).map((photo, index) => (
                <GridTile
                  key={photo.id}
                  photo={photo}
                  box={{
                    start: layout?.photoLeft[first + index] ?? 0,
                    width: layout?.photoWidth[first + index] ?? 0,
                    height,
                  }}
                  badge={badgeOf?.(photo)}
                  selection={{
                    isSelected: selection.ids.has(photo.id),
                    isSelecting,
                    onToggle: (extend) => selection.toggle(photo.id, extend),
                  }}
                  tabIndex={photo.id === active ? 0 : -1}
                  onFocus={() => activate({ id: photo.id, index: first + index })}
                  onOpen={() => open(photo.id, sequenceOf(ids))}
                />
              ))}
            </div>
          );
        })}
      </div>
    </>
  );
}

/** Return photos without those that have just left the list, and with hearts as they are now. */
export function useShownPhotos(
  photos: readonly Photo[],
  list: "library" | "trash" = "library",
): readonly Photo[] {
  const pending = usePendingChanges();
  return useMemo(
    () =>
      photos
        .filter(({ id }) => isShown(pending, id, list))
        .map((photo) => {
          const favorite = pending.get(photo.id)?.favorite ?? photo.favorite;
          return favorite === photo.favorite ? photo : { ...photo, favorite };
        }),
    [photos, pending, list],
  );
}

function rowIndices(rows: { firstRow: number; endRow: number } | undefined): number[] {
  if (rows === undefined) return [];
  const { firstRow, endRow } = rows;
  return Array.from({ length: endRow - firstRow }, (_, index) => firstRow + index);
}

function handleKey(
  event: KeyboardEvent,
  selection: ListSelection,
  move: (direction: Direction) => void,
): void {
  const withModifier = event.ctrlKey || event.metaKey || event.altKey;
  if (selectByKey(event, selection) || withModifier) return;
  const direction = directionOf(event.key, isRightToLeft());
  if (direction === undefined || !(event.target instanceof HTMLAnchorElement)) return;
  move(direction);
  event.preventDefault();
}
