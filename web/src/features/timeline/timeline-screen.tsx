import { useQueries, useQuery } from "@tanstack/react-query";
import { ImagePlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { sequenceOf, useOpenPhoto } from "@/features/photos/open-photo";
import { UploadButton } from "@/features/upload/upload-button";
import { Button } from "@/ui/button";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";
import { formatDay, groupByDay } from "./days";
import { type MonthColumns, photoAt, type TimelinePhoto } from "./month-columns";
import { bucketsQuery, type MonthCount, monthQuery } from "./months";
import { TimelineTile } from "./timeline-tile";

/** How many photos are shown at first, and how many more each time. */
const STEP = 200;

export function TimelineScreen() {
  const { t, i18n } = useTranslation();
  usePageTitle(t("timeline.title"));
  const [limit, setLimit] = useState(STEP);
  const open = useOpenPhoto();
  const { data: buckets, error } = useQuery(bucketsQuery);
  const months = useQueries({
    queries: monthsOfFirst(limit, buckets ?? []).map(({ month }) => monthQuery(month)),
  });
  // What was loaded before stays when it cannot be loaded anew.
  if (error && !buckets) throw error;
  if (buckets === undefined) return <GridSkeleton />;
  if (buckets.length === 0) return <EmptyTimeline />;
  const photos = firstPhotos(
    limit,
    months.map(({ data }) => data),
  );
  const sequence = sequenceOf(photos.map(({ id }) => id));
  const missing = months.filter(({ data }) => data === undefined);
  const failed = missing.find(({ isError }) => isError);
  if (photos.length === 0 && failed?.error) throw failed.error;
  if (photos.length === 0 && missing.length > 0) return <GridSkeleton />;
  const hasMore = missing.length > 0 || buckets.reduce((sum, { count }) => sum + count, 0) > limit;
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
                <TimelineTile
                  key={photo.id}
                  photo={photo}
                  onOpen={() => open(photo.id, sequence)}
                />
              ))}
            </div>
          </div>
        ))}
      </div>
      {hasMore && (
        <div className="grid place-items-center py-6">
          <Button
            isPending={missing.length > 0 && !failed}
            onPress={() => (failed ? void failed.refetch() : setLimit(limit + STEP))}
          >
            {t(failed ? "action.retry" : "timeline.more")}
          </Button>
        </div>
      )}
    </div>
  );
}

/** Return the months, the latest first, that have the first `limit` photos. */
function monthsOfFirst(limit: number, buckets: readonly MonthCount[]): MonthCount[] {
  let before = 0;
  return buckets.filter(({ count }) => {
    const isNeeded = before < limit;
    before += count;
    return isNeeded;
  });
}

/** Return the first photos, until those of a month that is not loaded. */
function firstPhotos(
  limit: number,
  months: readonly (MonthColumns | undefined)[],
): TimelinePhoto[] {
  const photos: TimelinePhoto[] = [];
  for (const month of months) {
    if (month === undefined) break;
    const count = Math.min(month.id.length, limit - photos.length);
    for (let index = 0; index < count; index += 1) photos.push(photoAt(month, index));
  }
  return photos;
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
