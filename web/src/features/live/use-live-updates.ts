/** Keeps what is shown equal to the library while it changes elsewhere. */

import { useEffect } from "react";
import { queryClient } from "@/api/query-client";
import { applyEvent } from "@/features/photos/pending-changes";
import { refreshLists } from "@/features/photos/refresh-lists";
import type { ServerEvent } from "./event-parser";
import { followLibrary } from "./library-events";
import { applyProgress, endProgress, type ProgressEvent } from "./processing-state";

/** The fields of a `photo.changed` event that are read here. */
interface ChangedEvent {
  readonly id: string;
  readonly version: number;
  readonly status: string;
  readonly trashed: boolean;
  readonly photo: { readonly favorite: boolean };
}

/** Changes that come together are read together. */
const REFRESH_AFTER_MS = 300;

/** The text of a picture and the end of its step come by two ways; this is the slower one's time. */
const READ_AFTER_MS = 1_000;

/** Follow the library's events while the component is there. */
export function useLiveUpdates(): void {
  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void refreshLists();
      }, REFRESH_AFTER_MS);
    };
    followLibrary((event) => applyToLists(event, refresh), controller.signal);
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, []);
}

function endsReading({ step, state }: ProgressEvent): boolean {
  return step === "read_text" && (state === "done" || state === "failed");
}

/** Have the photo that the viewer shows read again: its text gives it no new version. */
function readText(photoId: string): void {
  void queryClient.invalidateQueries({ queryKey: ["photo", photoId] });
}

function applyToLists({ name, data }: ServerEvent, refresh: () => void): void {
  switch (name) {
    case "photo.progress": {
      const progress = JSON.parse(data) as ProgressEvent;
      applyProgress(progress);
      if (endsReading(progress)) setTimeout(() => readText(progress.photo_id), READ_AFTER_MS);
      break;
    }
    case "photo.changed": {
      const { id, version, status, trashed, photo } = JSON.parse(data) as ChangedEvent;
      if (status !== "processing") endProgress(id);
      applyEvent(id, { version, trashed, favorite: photo.favorite });
      refresh();
      break;
    }
    // A stream without a last event has not said what changed before it.
    case "stream.opened":
    case "photo.purged":
      refresh();
      break;
    case "library.stale":
      void queryClient.invalidateQueries();
      break;
  }
}
