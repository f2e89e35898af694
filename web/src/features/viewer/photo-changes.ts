/** Sends changes of photos with `If-Match`, one after another for each photo. */

import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { api, unwrap } from "@/api/client";
import { ProblemError } from "@/api/problem";
import { queryClient } from "@/api/query-client";
import type { components } from "@/api/schema";
import { inTurn } from "@/features/photos/in-turn";
import { refreshTimeline } from "@/features/timeline/months";
import { isConflict, PendingChanges, type PhotoChange, withChange } from "./pending-changes";
import { type PhotoDetail, photoQuery } from "./photo-query";

type Patch = components["schemas"]["PhotoPatch"];

const MAX_ATTEMPTS = 4;

export const pendingChanges = new PendingChanges();

/** Return a photo as its owner last wanted it, whether the server has all of that yet or not. */
export function usePhoto(photoId: string) {
  const query = useQuery(photoQuery(photoId));
  const changes = useSyncExternalStore(pendingChanges.subscribe, () => pendingChanges.of(photoId));
  return { ...query, photo: query.data && changes.reduce(withChange, query.data) };
}

/**
 * Change a photo; what is shown changes at once, and back again when this throws.
 *
 * When the photo is another version by now, the change is repeated on what it became, except where
 * the same field was changed: then this throws the `precondition_failed` of the server.
 */
export function changePhoto(photoId: string, change: PhotoChange): Promise<void> {
  const loaded = loadedPhoto(photoId);
  const before = loaded && pendingChanges.of(photoId).reduce(withChange, loaded);
  pendingChanges.add(photoId, change);
  return inTurn([photoId], async () => {
    try {
      const patched = await onNewestVersion(
        photoId,
        (ifMatch) =>
          unwrap(
            api.PATCH("/api/v1/photos/{photo_id}", {
              params: { path: { photo_id: photoId }, header: ifMatch },
              // The document says of fields with a default that they are always there.
              body: change as Patch,
            }),
          ),
        (now) => before !== undefined && isConflict(change, before, now),
      );
      await keep(patched);
    } finally {
      pendingChanges.remove(photoId, change);
    }
    void refreshTimeline();
  });
}

/** Put a photo into the trash. */
export function trashPhoto(photoId: string): Promise<void> {
  return inTurn([photoId], async () => {
    await onNewestVersion(photoId, (ifMatch) =>
      unwrap(
        api.DELETE("/api/v1/photos/{photo_id}", {
          params: { path: { photo_id: photoId }, header: ifMatch },
        }),
      ),
    );
    void queryClient.invalidateQueries({ queryKey: photoQuery(photoId).queryKey });
    void refreshTimeline();
  });
}

/** Take a photo out of the trash, whatever its version. */
export function restorePhoto(photoId: string): Promise<void> {
  return inTurn([photoId], async () => {
    const restored = await unwrap(
      api.POST("/api/v1/photos/{photo_id}/restore", { params: { path: { photo_id: photoId } } }),
    );
    await keep(restored);
    void refreshTimeline();
  });
}

/** Call with the version that is known, and after 412 with the newest unless that is a conflict. */
async function onNewestVersion<Data>(
  photoId: string,
  call: (header: { "If-Match": string }) => Promise<Data>,
  conflicts: (now: PhotoDetail) => boolean = () => false,
): Promise<Data> {
  let photo = loadedPhoto(photoId) ?? (await loadPhoto(photoId));
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call({ "If-Match": `"${photo.version}"` });
    } catch (error) {
      if (!isOutdated(error)) throw error;
      photo = await loadPhoto(photoId);
      if (attempt === MAX_ATTEMPTS || conflicts(photo)) throw error;
    }
  }
}

function isOutdated(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.code === "precondition_failed";
}

function loadedPhoto(photoId: string): PhotoDetail | undefined {
  return queryClient.getQueryData(photoQuery(photoId).queryKey);
}

function loadPhoto(photoId: string): Promise<PhotoDetail> {
  return queryClient.fetchQuery({ ...photoQuery(photoId), staleTime: 0 });
}

/** Show what the server answered, and nothing older that is still on its way. */
async function keep(photo: PhotoDetail): Promise<void> {
  const { queryKey } = photoQuery(photo.id);
  await queryClient.cancelQueries({ queryKey, exact: true });
  queryClient.setQueryData(queryKey, photo);
}
