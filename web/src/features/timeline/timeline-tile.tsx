import { memo } from "react";
import { useTranslation } from "react-i18next";
import { useProcessingState } from "@/features/live/processing-state";
import { PhotoTile } from "@/ui/photo-tile";
import type { LoadedMonth } from "./layout";
import { type MonthColumns, photoAt } from "./month-columns";
import type { TimelineActions } from "./timeline-actions";

interface Props {
  readonly month: LoadedMonth;
  readonly columns: MonthColumns;
  readonly photo: number;
  readonly height: number;
  readonly isSelected: boolean;
  readonly isSelecting: boolean;
  /** Whether Tab leads to it. */
  readonly isActive: boolean;
  readonly actions: TimelineActions;
}

export const TimelineTile = memo(function TimelineTile(props: Props) {
  const {
    month,
    columns,
    photo: index,
    height,
    isSelected,
    isSelecting,
    isActive,
    actions,
  } = props;
  const { t } = useTranslation();
  const photo = photoAt(columns, index);
  const step = useProcessingState(photo.status === "processing" ? photo.id : undefined);
  const tile = { month: month.month, id: photo.id, photo: index };
  return (
    <PhotoTile
      id={photo.id}
      name={photo.name}
      aspectRatio={photo.aspect_ratio}
      blurhash={photo.blurhash}
      src={photo.thumbnail_url}
      state={t(
        photo.status === "failed" ? "timeline.failed" : (step?.label ?? "timeline.processing"),
      )}
      progress={step?.percent}
      failed={photo.status === "failed"}
      favorite={photo.favorite}
      badge={photo.duration == null ? undefined : formatDuration(photo.duration)}
      box={{
        start: month.layout.photoLeft[index] ?? 0,
        width: month.layout.photoWidth[index] ?? 0,
        height,
      }}
      selection={{ isSelected, isSelecting, onToggle: (extend) => actions.toggle(tile, extend) }}
      tabIndex={isActive ? 0 : -1}
      onFocus={() => actions.activate(tile)}
      onOpen={() => actions.open(tile)}
    />
  );
});

const SECONDS_PER_MINUTE = 60;

function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const rest = String(whole % SECONDS_PER_MINUTE).padStart(2, "0");
  return `${Math.floor(whole / SECONDS_PER_MINUTE)}:${rest}`;
}
