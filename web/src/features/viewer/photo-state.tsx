import { LoaderCircle, TriangleAlert } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { isTransient, ProblemError } from "@/api/problem";
import { en, type MessageKey } from "@/app/i18n/en";
import { toSentence } from "@/app/i18n/problem-words";
import { reprocessPhoto } from "@/features/photos/reprocess-photo";
import { Button } from "@/ui/button";
import { usePhoto } from "./photo-changes";
import type { PhotoDetail } from "./photo-query";

const NOT_FOUND = 404;

/** What stands in place of a picture: that it cannot be loaded, is being processed, or failed. */
export function PhotoState({ photoId }: { readonly photoId: string }) {
  const { t } = useTranslation();
  const { photo, error, refetch } = usePhoto(photoId);
  if (photo === undefined) {
    if (error === null) return null;
    if (error instanceof ProblemError && error.problem.status === NOT_FOUND) {
      return <Card isFault title={t("viewer.notFound")} text={t("viewer.notFound.hint")} />;
    }
    return (
      <Card title={t("viewer.loading.failed")} text={toSentence(error, t)}>
        {isTransient(error) && <Button onPress={() => void refetch()}>{t("action.retry")}</Button>}
      </Card>
    );
  }
  if (photo.status === "failed") return <Failed key={photoId} photo={photo} />;
  if (photo.status === "processing") return <Processing photo={photo} />;
  return null;
}

function Processing({ photo }: { readonly photo: PhotoDetail }) {
  const { t } = useTranslation();
  const step = photo.steps.findLast(({ state }) => state !== "done") ?? photo.steps.at(-1);
  const percent = Math.max(0, ...photo.steps.map((each) => each.percent ?? 0));
  const text = step === undefined ? t("viewer.step.waiting") : t(stepWords(step.name));
  return (
    <Card title={t("timeline.processing")} text={text}>
      <progress
        value={percent}
        max={100}
        aria-label={t("timeline.processing")}
        className="quota-bar mt-2 h-1.5 w-56 max-w-full"
      />
    </Card>
  );
}

function Failed({ photo }: { readonly photo: PhotoDetail }) {
  const { t, i18n } = useTranslation();
  const [isPending, setIsPending] = useState(false);
  const [problem, setProblem] = useState<string>();
  const tryAgain = async () => {
    setIsPending(true);
    setProblem(undefined);
    try {
      await reprocessPhoto(photo.id);
    } catch (error) {
      setProblem(toSentence(error, t));
    } finally {
      setIsPending(false);
    }
  };
  // The server's sentences are English, and say more than one for each code.
  const reason =
    (i18n.language === "en" && photo.failure?.message) || t(failureWords(photo.failure?.code));
  return (
    <Card isFault title={t("timeline.failed")} text={problem ?? reason}>
      {photo.original_url == null ? (
        // A file that was refused for good is removed from storage.
        <p className="mt-2 text-sm text-ink-soft">{t("problem.original_gone")}</p>
      ) : (
        <Button isPending={isPending} onPress={() => void tryAgain()}>
          {t("action.retry")}
        </Button>
      )}
    </Card>
  );
}

interface CardProps {
  readonly title: string;
  readonly text: string;
  readonly isFault?: boolean;
  readonly children?: ReactNode;
}

function Card({ title, text, isFault = false, children }: CardProps) {
  const Icon = isFault ? TriangleAlert : LoaderCircle;
  return (
    <div className="pointer-events-none absolute inset-0 grid place-items-center px-16 py-6">
      <div
        role="status"
        className="pointer-events-auto flex max-w-sm flex-col items-center gap-2 rounded-2xl bg-surface p-6 text-center text-ink shadow-xl"
      >
        <Icon aria-hidden className={isFault ? "size-7 text-danger" : "size-7 text-accent"} />
        <h2 className="text-lg font-semibold">{title}</h2>
        <p className="text-sm text-pretty text-ink-soft">{text}</p>
        {children !== undefined && <div className="mt-2">{children}</div>}
      </div>
    </div>
  );
}

type StepKey = Extract<MessageKey, `viewer.step.${string}`>;
type FailureKey = Extract<MessageKey, `viewer.failure.${string}`>;

function stepWords(name: string): StepKey {
  const key = `viewer.step.${name}`;
  return key in en ? (key as StepKey) : "viewer.step.waiting";
}

function failureWords(code: string | undefined): FailureKey {
  const key = `viewer.failure.${code}`;
  return key in en ? (key as FailureKey) : "viewer.failure.processing_failed";
}
