import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { sequenceOf, useOpenPhoto } from "@/features/photos/open-photo";
import { usePageTitle } from "@/ui/page-title";
import { chipsOf } from "./chips";
import { EmptyResults } from "./empty-results";
import { FilterPanel } from "./filter-panel";
import { FilterSheet } from "./filter-sheet";
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
          <Hits pages={query.data.pages} q={address.q ?? ""} isBusy={query.isPlaceholderData} />
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
  readonly q: string;
  readonly isBusy: boolean;
}

/** The hits of all pages, the less certain ones under a line. */
function Hits({ pages, q, isBusy }: HitsProps) {
  const { t, i18n } = useTranslation();
  const open = useOpenPhoto();
  const { certain, uncertain, sequence } = useMemo(() => {
    const hits = pages.flatMap(({ items }) => items);
    const results = hits.map((hit) => ({
      photo: hit.photo,
      reasons: reasonsOf(hit, q, t, i18n.language),
    }));
    const count = countCertain(hits);
    return {
      certain: results.slice(0, count),
      uncertain: results.slice(count),
      sequence: sequenceOf(hits.map(({ photo }) => photo.id)),
    };
  }, [pages, q, t, i18n.language]);
  const lessCertain = t("search.lessCertain");
  return (
    <div aria-busy={isBusy}>
      {certain.length > 0 && (
        <ResultGrid
          label={t("timeline.title")}
          results={certain}
          sequence={sequence}
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
            onOpen={open}
          />
        </>
      )}
    </div>
  );
}
