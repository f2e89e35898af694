import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { codeSentence, toSentence } from "@/app/i18n/problem-words";
import { runAction } from "@/features/photos/photo-actions";
import { refreshLists } from "@/features/photos/refresh-lists";
import { reprocessPhotos } from "@/features/photos/reprocess-photo";
import { Button } from "@/ui/button";
import { showToast } from "@/ui/toasts";
import type { Photo } from "./activity-queries";
import { ListSection } from "./list-section";
import { PhotoRow } from "./photo-row";

/** Photos that could not be processed, gathered with their reasons. */
export function FailedPhotos({ photos }: { readonly photos: readonly Photo[] }) {
  const { t } = useTranslation();
  const { retry, trash, isPending } = useFailedPhotoChanges();
  const ids = photos.map(({ id }) => id);
  const withOriginal = photos.filter(hasOriginal).map(({ id }) => id);
  return (
    <ListSection
      title={t("activity.failed")}
      hint={t("activity.failed.hint")}
      count={photos.length}
      actions={
        photos.length > 1 && (
          <>
            {withOriginal.length > 0 && (
              <Button isDisabled={isPending} onPress={() => retry(withOriginal)}>
                {t("activity.retryAll")}
              </Button>
            )}
            <Button isDisabled={isPending} onPress={() => trash(ids)}>
              {t("activity.trashAll")}
            </Button>
          </>
        )
      }
    >
      {photos.map((photo) => (
        <PhotoRow
          key={photo.id}
          photo={photo}
          actions={(nameId) => (
            <>
              {hasOriginal(photo) && (
                <Button
                  isDisabled={isPending}
                  aria-describedby={nameId}
                  onPress={() => retry([photo.id])}
                >
                  {t("action.retry")}
                </Button>
              )}
              <Button
                variant={hasOriginal(photo) ? "quiet" : "secondary"}
                isDisabled={isPending}
                aria-describedby={nameId}
                onPress={() => trash([photo.id])}
              >
                {t("activity.trash")}
              </Button>
            </>
          )}
        >
          <p className="text-sm text-danger text-pretty">
            {codeSentence(photo.failure?.code ?? "", photo.failure?.message ?? "", t)}
            {hasOriginal(photo) || ` ${t("problem.original_gone")}`}
          </p>
        </PhotoRow>
      ))}
    </ListSection>
  );
}

/** A file that was refused for good is removed from storage. */
function hasOriginal(photo: Photo): boolean {
  return photo.original_url != null;
}

function useFailedPhotoChanges() {
  const { t } = useTranslation();
  const retry = useMutation({
    mutationFn: (ids: readonly string[]) => reprocessPhotos(ids),
    onError: (error: unknown) => showToast(toSentence(error, t)),
    onSuccess: (refused, ids) => {
      const count = ids.length - refused;
      if (count > 0) showToast(t("activity.retried", { count }));
      if (refused > 0) showToast(t("photos.failed", { count: refused }));
    },
    onSettled: refreshLists,
  });
  const trash = useMutation({
    mutationFn: (ids: readonly string[]) => runAction(ids, "trash", t),
  });
  return {
    retry: retry.mutate,
    trash: trash.mutate,
    isPending: retry.isPending || trash.isPending,
  };
}
