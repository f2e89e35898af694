import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { sequenceOf, useOpenPhoto } from "@/features/photos/open-photo";
import type { Photo } from "@/features/photos/photo-grid";
import { imageSources } from "@/features/photos/variants";
import { Button } from "@/ui/button";
import { CoverImage } from "@/ui/cover-image";

const PAGE = 60;

/** The photos of a box, the newest first. */
export function usePhotosOf(bbox: string) {
  return useInfiniteQuery({
    queryKey: ["search", "map", bbox],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/search", {
          params: {
            query: {
              bbox,
              limit: PAGE,
              variants: "150,400",
              ...(pageParam && { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: ({ next_cursor }) => next_cursor,
    placeholderData: keepPreviousData,
    enabled: bbox !== "",
  });
}

/** The photos of the view, as squares. */
export function ViewPhotos({ query }: { readonly query: ReturnType<typeof usePhotosOf> }) {
  const { t } = useTranslation();
  const open = useOpenPhoto();
  const photos = useMemo(
    () => query.data?.pages.flatMap(({ items }) => items.map(({ photo }) => photo)) ?? [],
    [query.data],
  );
  const sequence = useMemo(() => sequenceOf(photos.map(({ id }) => id)), [photos]);
  return (
    <>
      <ul className="grid grid-cols-3 gap-1 sm:grid-cols-4 lg:grid-cols-3">
        {photos.map((photo) => (
          <li key={photo.id}>
            <Square photo={photo} onOpen={() => open(photo.id, sequence)} />
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <div className="grid place-items-center py-4">
          <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
            {t("map.more")}
          </Button>
        </div>
      )}
    </>
  );
}

function Square({ photo, onOpen }: { readonly photo: Photo; readonly onOpen: () => void }) {
  return (
    <Link
      to="/photos/$photoId"
      params={{ photoId: photo.id }}
      aria-label={photo.caption || photo.filename}
      className="relative block aspect-square overflow-hidden rounded-sm bg-sunken -outline-offset-2"
      onClick={(event) => {
        // Another tab shows the photo alone.
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        onOpen();
      }}
    >
      <CoverImage {...imageSources(photo.variants)} sizes="8rem" blurhash={photo.blurhash} />
    </Link>
  );
}
