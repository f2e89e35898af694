/** The engine with everything of this page and account that it needs. */

import { queryClient } from "@/api/query-client";
import { trustedScriptUrl } from "@/app/trusted-script-url";
import { refreshTimeline } from "@/features/timeline/months";
import workerUrl from "./engine/digest-worker?worker&url";
import { openUploadRecords } from "./engine/records";
import { openUploadEngine, type UploadEngine } from "./engine/upload-engine";
import { WorkerDigests } from "./engine/worker-digests";
import { PhotoProgresses } from "./photo-progress";
import { readProgress } from "./read-progress";
import { uploadApi } from "./upload-api";

export interface Uploads {
  readonly engine: UploadEngine;
  readonly photos: PhotoProgresses;
  /** End all work; what is not done goes on when the account's uploads are opened again. */
  close(): Promise<void>;
}

/** Changes of the library that are shown together. */
const REFRESH_AFTER_MS = 1_000;

export async function openUploadsOf(ownerId: string): Promise<Uploads> {
  const digests = new WorkerDigests(
    () => new Worker(trustedScriptUrl(workerUrl), { type: "module" }),
  );
  const refresh = inIntervals(() => void refreshLists());
  const photos = new PhotoProgresses(readProgress, refresh);
  const engine = await openUploadEngine({
    ownerId,
    api: uploadApi,
    digests,
    // Without records the uploads end with the page, which the panel says.
    records: await openUploadRecords(ownerId).catch(() => null),
    onStored: (photoId) => {
      photos.follow(photoId);
      refresh();
    },
  });
  const close = async () => {
    photos.stop();
    await engine.stop();
    digests.close();
  };
  return { engine, photos, close };
}

async function refreshLists(): Promise<void> {
  await Promise.all([
    refreshTimeline(),
    queryClient.invalidateQueries({ queryKey: ["activity"] }),
    queryClient.invalidateQueries({ queryKey: ["usage"] }),
  ]);
}

/** Return a function that calls `act` after an interval, once for all calls until then. */
function inIntervals(act: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      act();
    }, REFRESH_AFTER_MS);
  };
}
