import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { sequenceOf, useOpenPhoto } from "@/features/photos/open-photo";
import { useShownPhotos } from "@/features/photos/photo-grid";
import { SelectedPhotos } from "@/features/photos/selected-photos";
import { SelectionToolbar } from "@/features/photos/selection-toolbar";
import { useListSelection } from "@/features/photos/use-list-selection";
import { usePageTitle } from "@/ui/page-title";
import { chipsOf } from "./chips";
import { EmptyResults } from "./empty-results";
import { FilterPanel } from "./filter-panel";
import { FilterSheet } from "./filter-sheet";
import { chosenHits, MOST_SELECTED } from "./hit-selection";
import { LoadMore, TileSkeletons } from "./load-more";
import { countCertain, reasonsOf } from "./reasons";
import { ResultGrid } from "./result-grid";
import { ResultsEnd } from "./results-end";
import { ResultsSummary } from "./results-summary";
import type { SearchAddress } from "./search-address";
import { SearchFailure } from "./search-failure";
import { resultsQuery, type SearchPage } from "./search-queries";
import { UnderstoodList } from "./understood-list";

interface Props {
  readonly address: SearchAddress;
  readonly onChange: (address: SearchAddress) => void;
}

/** Photos found by words and filters. */
export function TextResults({ address, onChange }: Props) {
  const { t, i18n } = useTranslation();
  const query = useInfiniteQuery(resultsQuery(address));
  const first = query.data?.pages[0];
  // While new words are on their way, what the old ones were understood as is out of place.
  const parts = query.isPlaceholderData ? undefined : first?.understood;
  const chips = chipsOf(address, parts ?? [], t, i18n.language);
  const title = address.q ?? t("search.filtered");
  usePageTitle(title);
  return (
    <div className="px-1 sm:px-5 lg:flex lg:items-start lg:gap-8 lg:px-6">
      <div className="min-w-0 grow">
        <h1 className="sr-only">{title}</h1>
        <div className="flex flex-col gap-2.5 px-2 pt-1 pb-3 sm:px-0">
          <UnderstoodList chips={chips} onChange={onChange} />
          <div className="flex items-center justify-between gap-3">
            {first && <ResultsSummary page={first} isStale={query.isPlaceholderData} />}
            <FilterSheet
              address={address}
              facets={first?.facets}
              total={first?.total}
              onChange={onChange}
            />
          </div>
        </div>
        <SearchFailure error={query.error} onRetry={() => void retry(query)} />
        {first === undefined && query.isPending && <TileSkeletons rows={2} />}
        {first?.items.length === 0 && !query.isPlaceholderData && (
          <EmptyResults address={address} page={first} onChange={onChange} />
        )}
        {query.data && (
          <Hits
            pages={query.data.pages}
            address={address}
            hasMore={query.hasNextPage}
            isBusy={query.isPlaceholderData}
          />
        )}
        {query.hasNextPage && query.error === null && (
          <LoadMore
            isLoading={query.isFetchingNextPage}
            onReach={() => void query.fetchNextPage()}
          />
        )}
        {first && first.items.length > 0 && !query.hasNextPage && (
          <ResultsEnd page={first} hasWords={address.q !== undefined} />
        )}
      </div>
      <aside
        aria-label={t("search.filters.title")}
        className="sticky top-16 hidden max-h-[calc(100dvh-4rem)] w-56 shrink-0 overflow-y-auto px-1 pt-1 pb-8 lg:block"
      >
        <FilterPanel address={address} facets={first?.facets} onChange={onChange} />
      </aside>
    </div>
  );
}

function retry(query: {
  isFetchNextPageError: boolean;
  fetchNextPage: () => Promise<unknown>;
  refetch: () => Promise<unknown>;
}): Promise<unknown> {
  return query.isFetchNextPageError ? query.fetchNextPage() : query.refetch();
}

interface HitsProps {
  readonly pages: readonly SearchPage[];
  readonly address: SearchAddress;
  readonly hasMore: boolean;
  readonly isBusy: boolean;
}

/** The hits of all pages, the less certain ones under a line. */
function Hits({ pages, address, hasMore, isBusy }: HitsProps) {
  const { t, i18n } = useTranslation();
  const open = useOpenPhoto();
  const q = address.q ?? "";
  const loaded = useMemo(
    () => pages.flatMap(({ items }) => items.map(({ photo }) => photo)),
    [pages],
  );
  const photos = useShownPhotos(loaded);
  const selection = useListSelection(photos.map(({ id }) => id));
  const total = pages[0]?.total ?? 0;
  const chosen = chosenHits({ address, photos, total, hasMore }, selection);
  const { certain, uncertain, sequence } = useMemo(() => {
    const shown = new Map(photos.map((photo) => [photo.id, photo]));
    const hits = pages.flatMap(({ items }) => items).filter(({ photo }) => shown.has(photo.id));
    const results = hits.map((hit) => ({
      photo: shown.get(hit.photo.id) ?? hit.photo,
      reasons: reasonsOf(hit, q, t, i18n.language),
    }));
    const count = countCertain(hits);
    return {
      certain: results.slice(0, count),
      uncertain: results.slice(count),
      sequence: sequenceOf(hits.map(({ photo }) => photo.id)),
    };
  }, [pages, photos, q, t, i18n.language]);
  const lessCertain = t("search.lessCertain");
  return (
    <div aria-busy={isBusy}>
      {selection.ids.size > 0 && (
        <SelectionToolbar
          count={chosen.count}
          note={
            chosen.whole && total > MOST_SELECTED
              ? t("search.selectedBest", { count: MOST_SELECTED })
              : undefined
          }
          isAll={selection.ids.size === photos.length && (!hasMore || chosen.whole !== undefined)}
          onSelectAll={selection.selectAll}
          onClear={selection.clear}
        >
          <SelectedPhotos chosen={chosen} onDone={selection.clear} />
        </SelectionToolbar>
      )}
      {certain.length > 0 && (
        <ResultGrid
          label={t("timeline.title")}
          results={certain}
          sequence={sequence}
          selection={selection}
          onOpen={open}
        />
      )}
      {uncertain.length > 0 && (
        <>
          <div
            role="separator"
            aria-label={lessCertain}
            className="flex items-center gap-3 px-2 pt-6 pb-3 text-sm text-ink-soft before:h-px before:grow before:bg-line after:h-px after:grow after:bg-line sm:px-0"
          >
            {lessCertain}
          </div>
          <ResultGrid
            label={certain.length > 0 ? lessCertain : t("timeline.title")}
            results={uncertain}
            sequence={sequence}
            selection={selection}
            onOpen={open}
          />
        </>
      )}
    </div>
  );
}
