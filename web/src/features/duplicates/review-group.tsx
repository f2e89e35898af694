import { ChevronLeft, ChevronRight, type LucideIcon, Undo2 } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { sequenceOf, useOpenPhoto } from "@/features/photos/open-photo";
import { Button, IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { Candidate, KeyHint } from "./candidate";
import { largest, pixelsOf } from "./facts";
import { type Command, type DuplicateGroup, type Review, trashedOf } from "./review";
import { useReasons } from "./use-reasons";

interface Props {
  readonly group: DuplicateGroup;
  readonly review: Review;
  readonly total: number;
  readonly onCommand: (command: Command) => void;
}

/** The photos of one group side by side, and what can be decided of them. */
export function ReviewGroup({ group, review, total, onCommand }: Props) {
  const { photos, keeper } = group;
  const open = useOpenPhoto();
  const sequence = useMemo(() => sequenceOf(photos.map(({ id }) => id)), [photos]);
  const mostPixels = largest(photos, pixelsOf);
  const mostBytes = largest(photos, ({ size }) => size);
  return (
    <>
      <Progress group={group} review={review} total={total} onCommand={onCommand} />
      <ol
        className={classNames(
          "grid grid-cols-2 gap-3 sm:gap-4",
          photos.length > 2 && "lg:grid-cols-3",
        )}
      >
        {photos.map((photo, index) => (
          <Candidate
            key={photo.id}
            photo={photo}
            index={index}
            isKept={review.kept.has(photo.id)}
            isSuggested={photo.id === keeper}
            hasMostPixels={mostPixels.has(photo.id)}
            hasMostBytes={mostBytes.has(photo.id)}
            onToggle={() => onCommand({ type: "keep", index, also: true })}
            onOpen={() => open(photo.id, sequence)}
          />
        ))}
      </ol>
      <Actions group={group} review={review} onCommand={onCommand} />
    </>
  );
}

function Progress({ group, review, total, onCommand }: Props) {
  const { t } = useTranslation();
  const { position, decisions } = review;
  const reasons = useReasons(group.why);
  return (
    <div className="mb-4">
      <div className="mb-2 flex items-center gap-1">
        <p role="status" className="grow font-semibold">
          {t("duplicates.progress", { position: position + 1, total })}
        </p>
        <Step
          label="toast.undo"
          icon={Undo2}
          isDisabled={decisions.length === 0}
          onPress={() => onCommand({ type: "undo" })}
        />
        <Step
          label="duplicates.previous"
          icon={ChevronLeft}
          isDisabled={position === 0}
          onPress={() => onCommand({ type: "previous" })}
        />
        <Step
          label="duplicates.next"
          icon={ChevronRight}
          onPress={() => onCommand({ type: "next" })}
        />
      </div>
      <progress
        aria-label={t("nav.duplicates")}
        value={position}
        max={total}
        className="quota-bar block h-1.5 w-full"
      />
      {reasons !== "" && (
        <p className="mt-2 text-sm text-ink-soft">{t("duplicates.because", { reasons })}</p>
      )}
      {group.count > group.photos.length && (
        <p className="mt-2 text-sm text-ink-soft">
          {t("duplicates.part", { shown: group.photos.length, all: group.count })}
        </p>
      )}
    </div>
  );
}

interface StepProps {
  readonly label: "toast.undo" | "duplicates.previous" | "duplicates.next";
  readonly icon: LucideIcon;
  readonly isDisabled?: boolean;
  readonly onPress: () => void;
}

function Step({ label, icon: Icon, isDisabled = false, onPress }: StepProps) {
  const { t } = useTranslation();
  return (
    <IconButton aria-label={t(label)} isDisabled={isDisabled} onPress={onPress}>
      <Icon aria-hidden className="size-5 rtl:-scale-x-100" />
    </IconButton>
  );
}

function Actions({ group, review, onCommand }: Omit<Props, "total">) {
  const { t } = useTranslation();
  const trashed = trashedOf(group, review.kept).length;
  return (
    <div
      role="group"
      aria-label={t("duplicates.actions")}
      // Toasts stay above it.
      data-bottom-bar
      className="sticky bottom-[calc(3.5rem+env(safe-area-inset-bottom))] z-10 -mx-4 mt-4 flex items-center justify-center gap-2 border-t border-line bg-canvas px-4 py-3 sm:mx-0 lg:bottom-0"
    >
      <Button
        variant="primary"
        className="grow sm:grow-0"
        onPress={() => onCommand({ type: "confirm" })}
      >
        {trashed === 0 ? t("duplicates.confirmAll") : t("duplicates.confirm", { count: trashed })}
        <KeyHint name="↵" />
      </Button>
      {trashed > 0 && (
        <Button onPress={() => onCommand({ type: "keepAll" })}>
          {t(group.photos.length === 2 ? "duplicates.keepBoth" : "duplicates.keepAll")}
          <KeyHint name="A" />
        </Button>
      )}
    </div>
  );
}
