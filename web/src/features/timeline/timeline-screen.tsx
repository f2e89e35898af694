import { useInfiniteQuery } from "@tanstack/react-query";
import { ImagePlus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { UploadButton } from "@/features/upload/upload-button";
import { Button } from "@/ui/button";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";
import { formatDay, groupByDay } from "./days";
import { photosQuery } from "./months";
import { TimelineTile } from "./timeline-tile";

export function TimelineScreen() {
  const { t, i18n } = useTranslation();
  usePageTitle(t("timeline.title"));
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery(photosQuery);
  // What was loaded before stays when it cannot be loaded anew.
  if (error && !data) throw error;
  if (!data) return <GridSkeleton />;
  const photos = data.pages.flatMap(({ items }) => items);
  if (photos.length === 0 && !hasNextPage) return <EmptyTimeline />;
  const today = new Date();
  return (
    <div className="px-1 sm:px-5 lg:px-6">
      <h1 className="sr-only">{t("timeline.title")}</h1>
      <div role="grid" aria-label={t("timeline.title")}>
        {groupByDay(photos).map(({ date, photos: ofDay }) => (
          <div role="rowgroup" key={date} className="mb-6">
            <div role="row">
              <div role="gridcell">
                <h2 className="px-2 py-3 text-[0.9375rem] font-semibold sm:px-0">
                  {formatDay(date, i18n.language, today)}
                </h2>
              </div>
            </div>
            <div role="row" className="flex flex-wrap gap-1 after:grow-[10]">
              {ofDay.map((photo) => (
                <TimelineTile key={photo.id} photo={photo} />
              ))}
            </div>
          </div>
        ))}
      </div>
      {hasNextPage && (
        <div className="grid place-items-center py-6">
          <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
            {t("timeline.more")}
          </Button>
        </div>
      )}
    </div>
  );
}

function EmptyTimeline() {
  const { t } = useTranslation();
  return (
    <>
      <h1 className="sr-only">{t("timeline.title")}</h1>
      <MessageScreen
        icon={<ImagePlus className="size-7" />}
        title={t("timeline.empty.title")}
        hint={t("timeline.empty.hint")}
      >
        <UploadButton label={t("timeline.empty.action")} />
      </MessageScreen>
    </>
  );
}

/** Boxes of the usual ratios, until the first photos are known. */
const SKELETON = [1.5, 0.75, 1.5, 1.33, 0.66, 1.5, 1.33, 1.5, 0.75, 1.33] as const;

function GridSkeleton() {
  return (
    <div aria-hidden className="flex flex-wrap gap-1 px-1 pt-12 sm:px-5 lg:px-6">
      {SKELETON.map((ratio, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
          key={index}
          className="rounded-sm bg-sunken"
          style={{ flexGrow: ratio, flexBasis: `${ratio * 12}rem`, aspectRatio: ratio }}
        />
      ))}
    </div>
  );
}
