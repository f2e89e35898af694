import { useState } from "react";
import { useTranslation } from "react-i18next";
import { downloadPhotos } from "./download-photos";
import { runAction, toggleFavorites } from "./photo-actions";
import { changeList } from "./photo-jobs";
import { LibraryActions } from "./selection-toolbar";
import type { ChosenPhotos } from "./use-chosen-photos";

interface Props {
  readonly chosen: ChosenPhotos;
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
    await downloadPhotos(ids, t);
    setIsPending(false);
    onDone();
  };
  const favorite = () => {
    if (whole === undefined) return toggleFavorites(photos, t);
    return changeList(whole, ids, whole.query.favorite ? "unfavorite" : "favorite", t);
  };
  const trash = () =>
    whole === undefined ? runAction(ids, "trash", t) : changeList(whole, ids, "trash", t);
  return (
    <LibraryActions
      isPending={isPending}
      onFavorite={() => {
        void favorite();
        onDone();
      }}
      onDownload={() => void download()}
      onTrash={() => {
        void trash();
        onDone();
      }}
    />
  );
}
