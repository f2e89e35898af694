import { useQuery } from "@tanstack/react-query";
import { ImagePlus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ListSkeleton } from "@/features/photos/list-skeleton";
import { UploadButton } from "@/features/upload/upload-button";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";
import { LibraryTimeline } from "./library-timeline";
import { bucketsQuery } from "./months";

export function TimelineScreen() {
  const { t } = useTranslation();
  usePageTitle(t("timeline.title"));
  const { data: buckets, error } = useQuery(bucketsQuery);
  // What was loaded before stays when it cannot be loaded anew.
  if (error && !buckets) throw error;
  return (
    <>
      <h1 className="sr-only">{t("timeline.title")}</h1>
      {buckets?.length === 0 ? (
        <MessageScreen
          icon={<ImagePlus className="size-7" />}
          title={t("timeline.empty.title")}
          hint={t("timeline.empty.hint")}
        >
          <UploadButton label={t("timeline.empty.action")} />
        </MessageScreen>
      ) : (
        <div className="px-1 sm:ps-5 sm:pe-14 lg:ps-6">
          {buckets ? <LibraryTimeline buckets={buckets} /> : <ListSkeleton />}
        </div>
      )}
    </>
  );
}
