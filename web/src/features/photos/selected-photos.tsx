import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PhotoAction } from "./change-photos";
import { downloadHits, downloadList, downloadPhotos } from "./download-photos";
import { runAction, toggleFavorites } from "./photo-actions";
import { changeHits, changeList, type WholeList, type WholeSearch } from "./photo-jobs";
import { LibraryActions } from "./selection-toolbar";
import type { ChosenPhotos } from "./use-chosen-photos";

interface Props {
  readonly chosen: ChosenPhotos<WholeList | WholeSearch>;
  /** The selection has served. */
  readonly onDone: () => void;
}

/** The actions on selected photos of a list of the library. */
export function SelectedPhotos({ chosen: { photos, whole }, onDone }: Props) {
  const { t } = useTranslation();
  const [isPending, setIsPending] = useState(false);
  const ids = photos.map(({ id }) => id);
  const download = async () => {
    setIsPending(true);
    if (whole === undefined) await downloadPhotos(ids, t);
    else await ("query" in whole ? downloadList(whole, t) : downloadHits(whole, t));
    setIsPending(false);
    onDone();
  };
  const run = (action: PhotoAction) => {
    if (whole === undefined) return runAction(ids, action, t);
    return "query" in whole ? changeList(whole, ids, action, t) : changeHits(whole, ids, action, t);
  };
  const favorite = () => {
    if (whole === undefined) return toggleFavorites(photos, t);
    return run("query" in whole && whole.query.favorite ? "unfavorite" : "favorite");
  };
  return (
    <LibraryActions
      isPending={isPending}
      onFavorite={() => {
        void favorite();
        onDone();
      }}
      onDownload={() => void download()}
      onTrash={() => {
        void run("trash");
        onDone();
      }}
    />
  );
}
