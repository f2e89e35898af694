import { useState } from "react";
import { useTranslation } from "react-i18next";
import { downloadPhotos } from "./download-photos";
import { type ChosenPhoto, runAction, toggleFavorites } from "./photo-actions";
import { LibraryActions } from "./selection-toolbar";

interface Props {
  readonly photos: readonly ChosenPhoto[];
  /** The selection has served. */
  readonly onDone: () => void;
}

/** The actions on selected photos of a list that are loaded. */
export function SelectedPhotos({ photos, onDone }: Props) {
  const { t } = useTranslation();
  const [isPending, setIsPending] = useState(false);
  const ids = photos.map(({ id }) => id);
  const download = async () => {
    setIsPending(true);
    await downloadPhotos(ids, t);
    setIsPending(false);
    onDone();
  };
  return (
    <LibraryActions
      isPending={isPending}
      onFavorite={() => {
        void toggleFavorites(photos, t);
        onDone();
      }}
      onDownload={() => void download()}
      onTrash={() => {
        void runAction(ids, "trash", t);
        onDone();
      }}
    />
  );
}
