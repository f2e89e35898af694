import { lazy, Suspense, useEffect, useSyncExternalStore } from "react";
import { takeShared } from "@/offline/shared-files";
import { DropTarget } from "./sources/drop-target";
import { addFiles, continueUploads, currentUploads, subscribeToUploads } from "./uploads";

const UploadPanel = lazy(async () => ({
  default: (await import("./panel/upload-panel")).UploadPanel,
}));

/** What uploads are on every screen: the whole window takes files, a panel shows their progress. */
export function UploadHost() {
  const uploads = useSyncExternalStore(subscribeToUploads, currentUploads);
  useEffect(() => {
    // The platform may be away; files that are added then say so.
    const goOn = () => void continueUploads().catch(() => undefined);
    const onVisible = () => {
      if (document.visibilityState === "visible") goOn();
    };
    goOn();
    // They stay where they are until they could be added.
    takeShared(addFiles).catch(() => undefined);
    document.addEventListener("visibilitychange", onVisible);
    return () => document.removeEventListener("visibilitychange", onVisible);
  }, []);
  return (
    <>
      <DropTarget />
      {uploads !== null && (
        <Suspense>
          <UploadPanel uploads={uploads} />
        </Suspense>
      )}
    </>
  );
}
