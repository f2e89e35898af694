import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

/** The account that is signed in. */
export const profileQuery = queryOptions({
  queryKey: ["profile"],
  queryFn: ({ signal }) => unwrap(api.GET("/api/v1/me", { signal })),
  staleTime: 300_000,
});
