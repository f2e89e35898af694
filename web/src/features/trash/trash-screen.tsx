import { useInfiniteQuery } from "@tanstack/react-query";
import { RotateCcw, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ListSkeleton } from "@/features/photos/list-skeleton";
import { LoadMore } from "@/features/photos/load-more";
import { runAction } from "@/features/photos/photo-actions";
import { type Photo, PhotoGrid, useShownPhotos } from "@/features/photos/photo-grid";
import { changeList } from "@/features/photos/photo-jobs";
import { trashQuery } from "@/features/photos/photo-lists";
import { SelectionAction } from "@/features/photos/selection-toolbar";
import type { ChosenPhotos } from "@/features/photos/use-chosen-photos";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";
import { daysLeft } from "./days-left";
import { emptyTrash, purgeList, purgePhotos } from "./purge-photos";

/** The photos in the trash, with the days that are left to restore them. */
export function TrashScreen() {
  const { t } = useTranslation();
  usePageTitle(t("trash.title"));
  const { data, error, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery(trashQuery);
  const loaded = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data]);
  const photos = useShownPhotos(loaded, "trash");
  const [isEmptying, setIsEmptying] = useState(false);
  if (error && !data) throw error;
  const keepDays = data?.pages[0]?.keep_days;
  const isEmpty = data !== undefined && photos.length === 0 && !hasNextPage;
  const badgeOf = ({ trashed_at: at }: Photo) =>
    at && keepDays !== undefined
      ? t("trash.daysLeft", { count: daysLeft(at, keepDays, new Date()) })
      : undefined;
  return (
    <div className="px-1 sm:px-5 lg:px-6">
      <header className="flex flex-wrap items-center gap-x-6 gap-y-1 px-2 py-4 sm:px-0">
        <div className="me-auto">
          <h1 className="text-2xl font-semibold">{t("trash.title")}</h1>
          {keepDays !== undefined && (
            <p className="text-sm text-ink-soft">
              {t("trash.hint", { count: Math.round(keepDays) })}
            </p>
          )}
        </div>
        {photos.length > 0 && (
          <Button variant="danger" onPress={() => setIsEmptying(true)}>
            {t("trash.emptyAction")}
          </Button>
        )}
      </header>
      {!data && <ListSkeleton />}
      {isEmpty && (
        <MessageScreen
          icon={<Trash2 className="size-7" />}
          title={t("trash.empty.title")}
          hint={t("trash.empty.hint")}
        />
      )}
      {photos.length > 0 && (
        <PhotoGrid
          list={{ trashed: true }}
          photos={photos}
          label={t("timeline.title")}
          hasMore={hasNextPage}
          badgeOf={badgeOf}
          actions={(chosen, done) => <TrashActions chosen={chosen} onDone={done} />}
        />
      )}
      <LoadMore hasMore={hasNextPage && !isFetching} onLoad={() => void fetchNextPage()} />
      <ConfirmDialog
        isOpen={isEmptying}
        onOpenChange={setIsEmptying}
        title={t("trash.emptyTitle")}
        text={t("trash.emptyText")}
        action={t("trash.emptyAction")}
        onConfirm={() => void emptyTrash(idsOf(photos), t)}
      />
    </div>
  );
}

interface ActionsProps {
  readonly chosen: ChosenPhotos;
  readonly onDone: () => void;
}

function TrashActions({ chosen: { photos, whole, count }, onDone }: ActionsProps) {
  const { t } = useTranslation();
  const [isAsking, setIsAsking] = useState(false);
  const ids = idsOf(photos);
  const restore = () =>
    whole === undefined ? runAction(ids, "restore", t) : changeList(whole, ids, "restore", t);
  const purge = () => {
    if (whole === undefined) return purgePhotos(ids, t);
    return whole.excluded.length === 0 ? emptyTrash(ids, t) : purgeList(whole.excluded, t);
  };
  return (
    <>
      <SelectionAction
        label={t("trash.restore")}
        icon={RotateCcw}
        onPress={() => {
          void restore();
          onDone();
        }}
      />
      <SelectionAction label={t("trash.delete")} icon={Trash2} onPress={() => setIsAsking(true)} />
      <ConfirmDialog
        isOpen={isAsking}
        onOpenChange={setIsAsking}
        title={t("trash.deleteTitle", { count })}
        text={t("trash.deleteText")}
        action={t("trash.delete")}
        onConfirm={() => {
          void purge();
          onDone();
        }}
      />
    </>
  );
}

function idsOf(photos: readonly Photo[]): string[] {
  return photos.map(({ id }) => id);
}
