/** The selection of the timeline, and what is done with it. */

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { toSentence } from "@/app/i18n/problem-words";
import type { PhotoAction } from "@/features/photos/change-photos";
import { downloadList, downloadPhotos } from "@/features/photos/download-photos";
import { type ChosenPhoto, runAction, toggleFavorites } from "@/features/photos/photo-actions";
import { changeList, type WholeList } from "@/features/photos/photo-jobs";
import { showToast } from "@/ui/toasts";
import type { LoadedMonth, Timeline } from "./layout";
import { selectedPhotos } from "./selected-photos";
import type { TileRef } from "./timeline-actions";
import {
  ALL_SELECTED,
  countOf,
  excludedIds,
  extended,
  NO_SELECTION,
  toggled,
  withDayToggled,
} from "./timeline-selection";

export function useTimelineSelection(timeline: Timeline) {
  const { t } = useTranslation();
  const [selection, setSelection] = useState(NO_SELECTION);
  const [isPending, setIsPending] = useState(false);
  const count = countOf(selection, timeline);

  /** Load what is selected, then do something with it; the selection ends when that is done. */
  const withSelected = async (use: (photos: readonly ChosenPhoto[]) => Promise<unknown>) => {
    setIsPending(true);
    try {
      const photos = await selectedPhotos(selection.photos, timeline);
      const done = use(photos);
      setSelection(NO_SELECTION);
      await done;
    } catch (error) {
      showToast(toSentence(error, t));
    } finally {
      setIsPending(false);
    }
  };
  const excluded = excludedIds(selection.photos);
  const whole: WholeList | undefined = excluded && { query: {}, excluded, count };
  const withWhole = (list: WholeList, action: PhotoAction) => {
    setSelection(NO_SELECTION);
    return changeList(list, [], action, t);
  };
  const downloadWhole = async (list: WholeList) => {
    setIsPending(true);
    await downloadList(list, t);
    setIsPending(false);
    setSelection(NO_SELECTION);
  };
  const idsOf = (photos: readonly ChosenPhoto[]) => photos.map(({ id }) => id);

  return {
    photos: selection.photos,
    count,
    isPending,
    isAll: count > 0 && count === timeline.months.reduce((sum, month) => sum + month.count, 0),
    clear: () => setSelection(NO_SELECTION),
    selectAll: () => setSelection(ALL_SELECTED),
    toggle: (tile: TileRef, extend: boolean) =>
      setSelection((now) => (extend ? extended(now, timeline, tile) : toggled(now, tile))),
    toggleDay: (month: LoadedMonth, section: number) =>
      setSelection((now) => withDayToggled(now, month, section)),
    toggleFavorites: () =>
      whole === undefined
        ? withSelected((photos) => toggleFavorites(photos, t))
        : withWhole(whole, "favorite"),
    run: (action: PhotoAction) =>
      whole === undefined
        ? withSelected((photos) => runAction(idsOf(photos), action, t))
        : withWhole(whole, action),
    download: () =>
      whole === undefined || count === 1
        ? withSelected((photos) => downloadPhotos(idsOf(photos), t))
        : downloadWhole(whole),
  };
}
