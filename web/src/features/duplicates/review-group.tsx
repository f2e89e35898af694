import { useSearch } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight, Undo2 } from "lucide-react";
import { useEffect, useEffectEvent, useMemo } from "react";
import { useLocale } from "react-aria-components/I18nProvider";
import { useTranslation } from "react-i18next";
import { sequenceOf, useOpenPhoto } from "@/features/photos/open-photo";
import { Button } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { Candidate, KeyHint } from "./candidate";
import { largest, pixelsOf } from "./facts";
import { type Command, commandOf, type DuplicateGroup, type Review, trashedOf } from "./review";
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
  useKeys(onCommand);
  return (
    <>
      <Progress group={group} position={review.position} total={total} />
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

function Progress({
  group,
  position,
  total,
}: Pick<Props, "group" | "total"> & { readonly position: number }) {
  const { t } = useTranslation();
  const reasons = useReasons(group.why);
  return (
    <div className="mb-4">
      <div className="mb-2 flex flex-wrap items-baseline justify-between gap-x-4">
        <p role="status" className="font-semibold">
          {t("duplicates.progress", { position: position + 1, total })}
        </p>
        {reasons !== "" && (
          <p className="text-sm text-ink-soft">{t("duplicates.because", { reasons })}</p>
        )}
      </div>
      <progress
        aria-label={t("nav.duplicates")}
        value={position}
        max={total}
        className="quota-bar block h-1.5 w-full"
      />
      {group.count > group.photos.length && (
        <p className="mt-2 text-sm text-ink-soft">
          {t("duplicates.part", { shown: group.photos.length, all: group.count })}
        </p>
      )}
    </div>
  );
}

function Actions({ group, review, onCommand }: Omit<Props, "total">) {
  const { t } = useTranslation();
  const trashed = trashedOf(group, review.kept).length;
  return (
    <div
      role="group"
      aria-label={t("duplicates.actions")}
      className="sticky bottom-16 z-10 -mx-4 mt-4 flex flex-wrap items-center justify-center gap-2 border-t border-line bg-canvas/95 px-4 py-3 backdrop-blur-md sm:mx-0 lg:bottom-0"
    >
      <Button
        variant="quiet"
        aria-label={t("duplicates.previous")}
        isDisabled={review.position === 0}
        onPress={() => onCommand({ type: "previous" })}
      >
        <ChevronLeft aria-hidden className="size-5 rtl:-scale-x-100" />
      </Button>
      <Button
        variant="primary"
        className="order-first grow sm:order-none sm:grow-0"
        onPress={() => onCommand({ type: "confirm" })}
      >
        {trashed === 0 ? t("duplicates.confirmAll") : t("duplicates.confirm", { count: trashed })}
        <KeyHint>↵</KeyHint>
      </Button>
      {trashed > 0 && (
        <Button onPress={() => onCommand({ type: "keepAll" })}>
          {t(group.photos.length === 2 ? "duplicates.keepBoth" : "duplicates.keepAll")}
          <KeyHint>A</KeyHint>
        </Button>
      )}
      <Button
        variant="quiet"
        aria-label={t("toast.undo")}
        isDisabled={review.decisions.length === 0}
        onPress={() => onCommand({ type: "undo" })}
      >
        <Undo2 aria-hidden className="size-5" />
        <KeyHint>Z</KeyHint>
      </Button>
      <Button
        variant="quiet"
        aria-label={t("duplicates.next")}
        onPress={() => onCommand({ type: "next" })}
      >
        <ChevronRight aria-hidden className="size-5 rtl:-scale-x-100" />
      </Button>
    </div>
  );
}

/** Carry out keys of the whole page, but those that a control, a dialog or the viewer has. */
function useKeys(onCommand: (command: Command) => void): void {
  const { direction } = useLocale();
  const { photo } = useSearch({ strict: false });
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const { target } = event;
    if (photo !== undefined || event.defaultPrevented || event.repeat) return;
    if (
      !(target instanceof Element) ||
      target.closest(
        "input, textarea, select, dialog, [role=dialog], [role=alertdialog], [role=menu]",
      )
    ) {
      return;
    }
    const command = commandOf(event, direction === "rtl");
    if (command === undefined) return;
    // Enter on a button or a link is theirs.
    if (command.type === "confirm" && target.closest("button, a")) return;
    event.preventDefault();
    onCommand(command);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}
