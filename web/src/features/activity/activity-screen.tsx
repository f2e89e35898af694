import { useQuery } from "@tanstack/react-query";
import { Inbox } from "lucide-react";
import { useTranslation } from "react-i18next";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";
import { type Photo, photosQuery } from "./activity-queries";
import { FailedPhotos } from "./failed-photos";
import { ListSection } from "./list-section";
import { ProcessingRow } from "./processing-row";

/** Photos that are being processed, with their steps, and those that could not be. */
export function ActivityScreen() {
  const { t } = useTranslation();
  usePageTitle(t("activity.title"));
  const processing = useQuery(photosQuery("processing"));
  const failed = useQuery(photosQuery("failed"));
  const error = processing.error ?? failed.error;
  if (error && (!processing.data || !failed.data)) throw error;
  return (
    <div className="mx-auto max-w-3xl px-4 pt-2 pb-10 sm:px-6">
      <h1 className="py-3 text-2xl font-semibold">{t("activity.title")}</h1>
      {processing.data && failed.data ? (
        <Lists processing={processing.data.items} failed={failed.data.items} />
      ) : (
        <Skeleton />
      )}
    </div>
  );
}

interface ListsProps {
  readonly processing: readonly Photo[];
  readonly failed: readonly Photo[];
}

function Lists({ processing, failed }: ListsProps) {
  const { t } = useTranslation();
  if (processing.length + failed.length === 0) {
    return (
      <MessageScreen
        icon={<Inbox className="size-7" />}
        title={t("activity.empty.title")}
        hint={t("activity.empty.hint")}
      />
    );
  }
  return (
    <div className="flex flex-col gap-8">
      {failed.length > 0 && <FailedPhotos photos={failed} />}
      {processing.length > 0 && (
        <ListSection
          title={t("activity.processing")}
          hint={t("activity.processing.hint")}
          count={processing.length}
        >
          {processing.map((photo) => (
            <ProcessingRow key={photo.id} photo={photo} />
          ))}
        </ListSection>
      )}
    </div>
  );
}

function Skeleton() {
  return (
    <div aria-hidden className="flex flex-col gap-2 pt-10">
      {[1, 2, 3].map((row) => (
        <div key={row} className="h-18 rounded-2xl bg-sunken" />
      ))}
    </div>
  );
}
