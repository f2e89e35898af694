import { useInfiniteQuery } from "@tanstack/react-query";
import { Heart } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { ListSkeleton } from "@/features/photos/list-skeleton";
import { LoadMore } from "@/features/photos/load-more";
import { PhotoGrid, useShownPhotos } from "@/features/photos/photo-grid";
import { favoritesQuery } from "@/features/photos/photo-lists";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";

/** The photos with the heart, the latest first. */
export function FavoritesScreen() {
  const { t } = useTranslation();
  usePageTitle(t("favorites.title"));
  const { data, error, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery(favoritesQuery);
  const loaded = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data]);
  const shown = useShownPhotos(loaded);
  const photos = useMemo(() => shown.filter(({ favorite }) => favorite), [shown]);
  if (error && !data) throw error;
  return (
    <div className="px-1 sm:px-5 lg:px-6">
      <h1 className="px-2 py-4 text-2xl font-semibold sm:px-0">{t("favorites.title")}</h1>
      {!data && <ListSkeleton />}
      {data && photos.length === 0 && !hasNextPage && (
        <MessageScreen
          icon={<Heart className="size-7" />}
          title={t("favorites.empty.title")}
          hint={t("favorites.empty.hint")}
        />
      )}
      {photos.length > 0 && (
        <PhotoGrid
          photos={photos}
          label={t("timeline.title")}
          list={{ favorite: true }}
          hasMore={hasNextPage}
        />
      )}
      <LoadMore hasMore={hasNextPage && !isFetching} onLoad={() => void fetchNextPage()} />
    </div>
  );
}
