import { Images } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "@/api/schema";
import { sequenceOf, useOpenPhoto } from "@/features/photos/open-photo";
import { useShownPhotos } from "@/features/photos/photo-grid";
import { SelectedPhotos } from "@/features/photos/selected-photos";
import { SelectionToolbar } from "@/features/photos/selection-toolbar";
import { useListSelection } from "@/features/photos/use-list-selection";
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
  const photos = useShownPhotos(useMemo(() => answer.items.map(({ photo }) => photo), [answer]));
  const selection = useListSelection(photos.map(({ id }) => id));
  const { results, sequence } = useMemo(() => {
    const scores = new Map(answer.items.map(({ photo, score }) => [photo.id, score]));
    return {
      results: photos.map((photo) => {
        const percent = percentOf(scores.get(photo.id) ?? 0, i18n.language);
        return { photo, reasons: [t("search.reason.alike", { percent })] };
      }),
      sequence: sequenceOf(photos.map(({ id }) => id)),
    };
  }, [answer, photos, t, i18n.language]);
  const selected = photos.filter(({ id }) => selection.ids.has(id));
  return (
    <>
      {selected.length > 0 && (
        <SelectionToolbar
          count={selected.length}
          isAll={selected.length === photos.length}
          onSelectAll={selection.selectAll}
          onClear={selection.clear}
        >
          <SelectedPhotos
            chosen={{ photos: selected, whole: undefined, count: selected.length }}
            onDone={selection.clear}
          />
        </SelectionToolbar>
      )}
      <ResultGrid
        label={t("timeline.title")}
        results={results}
        sequence={sequence}
        selection={selection}
        onOpen={open}
      />
      <p title={answer.model} className="px-2 py-8 text-center text-sm text-ink-soft">
        {t("search.similar.end", { model: modelName(answer.model) })}
      </p>
    </>
  );
}
