import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { toProgress } from "@/features/upload/read-progress";
import { stepSentence } from "@/features/upload/step-words";
import { type Photo, stepsQuery } from "./activity-queries";
import { PhotoRow } from "./photo-row";

const WHOLE = 100;

/** A photo that is being processed: the step it is at, and how far that is. */
export function ProcessingRow({ photo }: { readonly photo: Photo }) {
  const { t } = useTranslation();
  const { data } = useQuery(stepsQuery(photo.id));
  const progress = data && toProgress(data);
  const isReady = progress?.status === "ready";
  const text = isReady
    ? t("upload.state.ready")
    : stepSentence(progress?.step ?? null, progress?.retrying ?? false, t);
  const percent = data?.steps
    .filter(({ service }) => service === "processing")
    .reduce((most, step) => Math.max(most, step.percent ?? 0), 0);
  return (
    <PhotoRow photo={photo}>
      <p className="text-sm text-ink-soft">{text}</p>
      <progress
        aria-label={photo.filename}
        value={isReady ? WHOLE : (percent ?? 0)}
        max={WHOLE}
        className="quota-bar my-1.5 block h-1 w-full max-w-sm"
      />
    </PhotoRow>
  );
}
