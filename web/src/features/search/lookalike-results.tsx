import { Images } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { sequenceOf, useOpenPhoto } from "@/features/photos/open-photo";
import { MessageScreen } from "@/ui/message-screen";
import { TileSkeletons } from "./load-more";
import { modelName } from "./model-name";
import { percentOf } from "./reasons";
import { ResultGrid } from "./result-grid";
import { SearchFailure } from "./search-failure";

interface Props {
  /** What results look like. */
  readonly header: ReactNode;
  readonly answer: components["schemas"]["SimilarPhotos"] | null | undefined;
  readonly error: Error | null;
  readonly onRetry: () => void;
}

/** Photos that look like another picture, the most alike first. */
export function LookalikeResults({ header, answer, error, onRetry }: Props) {
  const { t } = useTranslation();
  return (
    <div className="px-1 sm:px-5 lg:px-6">
      <div className="flex flex-col gap-3 px-2 pt-1 pb-4 sm:px-0">{header}</div>
      <SearchFailure error={error} onRetry={onRetry} />
      {answer == null && error === null && <TileSkeletons rows={2} />}
      {answer && answer.items.length === 0 && (
        <MessageScreen
          icon={<Images className="size-7" />}
          title={t("search.empty.title")}
          hint={t(
            answer.reason === "not_analyzed" ? "search.similar.notAnalyzed" : "search.similar.none",
          )}
        />
      )}
      {answer && answer.items.length > 0 && <Lookalikes answer={answer} />}
    </div>
  );
}

function Lookalikes({ answer }: { readonly answer: components["schemas"]["SimilarPhotos"] }) {
  const { t, i18n } = useTranslation();
  const open = useOpenPhoto();
  const { results, sequence } = useMemo(
    () => ({
      results: answer.items.map(({ photo, score }) => ({
        photo,
        reasons: [t("search.reason.alike", { percent: percentOf(score, i18n.language) })],
      })),
      sequence: sequenceOf(answer.items.map(({ photo }) => photo.id)),
    }),
    [answer, t, i18n.language],
  );
  return (
    <>
      <ResultGrid label={t("timeline.title")} results={results} sequence={sequence} onOpen={open} />
      <p title={answer.model} className="px-2 py-8 text-center text-sm text-ink-soft">
        {t("search.similar.end", { model: modelName(answer.model) })}
      </p>
    </>
  );
}
