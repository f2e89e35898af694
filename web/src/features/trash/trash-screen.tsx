import { useInfiniteQuery } from "@tanstack/react-query";
import { RotateCcw, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ListSkeleton } from "@/features/photos/list-skeleton";
import { LoadMore } from "@/features/photos/load-more";
import { runAction } from "@/features/photos/photo-actions";
import { type Photo, PhotoGrid, useShownPhotos } from "@/features/photos/photo-grid";
import { trashQuery } from "@/features/photos/photo-lists";
import { SelectionAction } from "@/features/photos/selection-toolbar";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";
import { daysLeft } from "./days-left";
import { emptyTrash, purgePhotos } from "./purge-photos";

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
          inTrash
          photos={photos}
          label={t("timeline.title")}
          hasMore={hasNextPage}
          badgeOf={badgeOf}
          actions={(selected, done) => <TrashActions photos={selected} onDone={done} />}
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
  readonly photos: readonly Photo[];
  readonly onDone: () => void;
}

function TrashActions({ photos, onDone }: ActionsProps) {
  const { t } = useTranslation();
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <SelectionAction
        label={t("trash.restore")}
        icon={RotateCcw}
        onPress={() => {
          void runAction(idsOf(photos), "restore", t);
          onDone();
        }}
      />
      <SelectionAction label={t("trash.delete")} icon={Trash2} onPress={() => setIsAsking(true)} />
      <ConfirmDialog
        isOpen={isAsking}
        onOpenChange={setIsAsking}
        title={t("trash.deleteTitle", { count: photos.length })}
        text={t("trash.deleteText")}
        action={t("trash.delete")}
        onConfirm={() => {
          void purgePhotos(idsOf(photos), t);
          onDone();
        }}
      />
    </>
  );
}

function idsOf(photos: readonly Photo[]): string[] {
  return photos.map(({ id }) => id);
}
