import { useId, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useOpenPhoto } from "@/features/photos/open-photo";
import { classNames } from "@/ui/class-names";
import type { UploadItem } from "../engine/model";
import type { Uploads } from "../open-uploads";
import type { PhotoProgress } from "../photo-progress";
import { DuplicateAnswers } from "./duplicate-answers";
import { RowActions } from "./row-actions";
import { RowIcon } from "./row-icon";
import { type RowState, type RowTone, toRowState } from "./row-state";
import { useNow } from "./use-now";

interface Props {
  readonly uploads: Uploads;
  readonly id: string;
}

/** One file: its name, its state in words, how far it is, and what can be done. */
export function UploadRow({ uploads, id }: Props) {
  const { engine, photos } = uploads;
  const item = useSyncExternalStore(engine.subscribe, () => engine.item(id));
  const progress = useSyncExternalStore(photos.subscribe, () =>
    item?.receipt == null ? undefined : photos.get(item.receipt.photoId),
  );
  return item && <Cells uploads={uploads} item={item} progress={progress} />;
}

const TEXT: Partial<Record<RowTone, string>> = {
  failed: "text-danger",
  question: "text-ink",
};

interface CellsProps {
  readonly uploads: Uploads;
  readonly item: UploadItem;
  readonly progress: PhotoProgress | undefined;
}

function Cells({ uploads, item, progress }: CellsProps) {
  const { t, i18n } = useTranslation();
  const nameId = useId();
  const now = useNow(item.waiting?.until != null);
  const state = toRowState(item, progress, { t, language: i18n.language, now });
  return (
    <div className="flex min-h-16 items-center gap-3 border-b border-line py-2 ps-4 pe-2">
      <div role="cell">
        <RowIcon tone={state.tone} thumbnailUrl={progress?.thumbnailUrl ?? null} />
      </div>
      <div role="cell" className="min-w-0 grow">
        <Name id={nameId} item={item} />
        <p
          className={classNames(
            "text-xs text-pretty tabular-nums",
            TEXT[state.tone] ?? "text-ink-soft",
          )}
        >
          {state.text}
        </p>
        <Bar state={state} name={item.name} />
        {state.actions.includes("decide") && (
          <DuplicateAnswers engine={uploads.engine} item={item} describedBy={nameId} />
        )}
      </div>
      <div role="cell" className="flex shrink-0 empty:hidden">
        <RowActions uploads={uploads} item={item} actions={state.actions} describedBy={nameId} />
      </div>
    </div>
  );
}

/** The name opens the photo, once there is one. */
function Name({ id, item }: { readonly id: string; readonly item: UploadItem }) {
  const open = useOpenPhoto();
  const { name, folder, phase, photoId } = item;
  const hasPhoto = phase === "stored" || phase === "duplicate" || phase === "skipped";
  const title = folder === "" ? name : `${folder}/${name}`;
  const className = "block max-w-full truncate text-start text-sm font-medium";
  return hasPhoto && photoId !== null ? (
    <button
      id={id}
      type="button"
      title={title}
      className={`${className} rounded-sm hover:underline`}
      onClick={() => open(photoId)}
    >
      {name}
    </button>
  ) : (
    <p id={id} title={title} className={className}>
      {name}
    </p>
  );
}

function Bar({ state, name }: { readonly state: RowState; readonly name: string }) {
  if (state.fraction === null) return null;
  return (
    <progress
      aria-label={name}
      value={state.fraction}
      max={1}
      className="quota-bar mt-1 block h-1 w-full"
    />
  );
}
