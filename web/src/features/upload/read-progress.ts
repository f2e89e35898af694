import { api, unwrap } from "@/api/client";
import { ProblemError } from "@/api/problem";
import type { components } from "@/api/schema";
import type { PhotoProgress } from "./photo-progress";

type PhotoDetail = components["schemas"]["PhotoDetail"];

/** Ask the library how far a photo is; null while it does not know the photo yet. */
export async function readProgress(
  photoId: string,
  signal: AbortSignal,
): Promise<PhotoProgress | null> {
  try {
    return toProgress(
      await unwrap(
        api.GET("/api/v1/photos/{photo_id}", {
          params: { path: { photo_id: photoId }, query: { variants: "150" } },
          signal,
        }),
      ),
    );
  } catch (error) {
    // The receipt is earlier than the library.
    if (error instanceof ProblemError && error.problem.status === 404) return null;
    throw error;
  }
}

/** Return the part of a photo that says how far its processing is. */
export function toProgress(photo: PhotoDetail): PhotoProgress {
  const open = photo.steps.filter(({ state }) => state === "started" || state === "retrying");
  const step = open.at(-1) ?? photo.steps.at(-1);
  return {
    status: photo.status,
    step: step?.name ?? null,
    retrying: step?.state === "retrying",
    failure: photo.failure ?? null,
    thumbnailUrl: photo.variants[0]?.url ?? null,
  };
}
