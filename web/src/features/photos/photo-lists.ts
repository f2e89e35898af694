/** Lists of the API that come in pages by cursor. */

import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { PHOTO_LISTS } from "./refresh-lists";

const PAGE_SIZE = 200;
const VARIANTS = "400,800";

export const favoritesQuery = infiniteQueryOptions({
  queryKey: [...PHOTO_LISTS, "favorites"],
  queryFn: ({ pageParam: cursor, signal }) =>
    unwrap(
      api.GET("/api/v1/photos", {
        params: {
          query: {
            favorite: true,
            limit: PAGE_SIZE,
            variants: VARIANTS,
            ...(cursor === null ? {} : { cursor }),
          },
        },
        signal,
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor ?? null,
});

export const trashQuery = infiniteQueryOptions({
  queryKey: [...PHOTO_LISTS, "trash"],
  queryFn: ({ pageParam: cursor, signal }) =>
    unwrap(
      api.GET("/api/v1/trash", {
        params: {
          query: {
            limit: PAGE_SIZE,
            variants: VARIANTS,
            ...(cursor === null ? {} : { cursor }),
          },
        },
        signal,
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor ?? null,
});
