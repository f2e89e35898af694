import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Clock, X } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { toSentence } from "@/app/i18n/problem-words";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { showToast } from "@/ui/toasts";
import { FilterCheckbox } from "./facet-group";
import {
  deleteHistory,
  deletePastSearch,
  historyQuery,
  historySettingsQuery,
  type PastSearch,
  recordSearches,
  refreshHistory,
} from "./search-queries";

const SHOWN_FIRST = 8;

/** Past searches: made again, deleted one by one or all, and no longer recorded. */
export function PastSearches() {
  const { t } = useTranslation();
  const { data: searches } = useQuery(historyQuery);
  const [isOpen, setIsOpen] = useState(false);
  const [isAsking, setIsAsking] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const { forget, clear } = useDeletions();
  if (searches === undefined) return null;
  const shown = isOpen ? searches : searches.slice(0, SHOWN_FIRST);

  const remove = (search: PastSearch, index: number) => {
    forget(search.id);
    // The focus was on a button that goes.
    const rows = list.current?.querySelectorAll<HTMLElement>("li button");
    (rows?.[index + 1] ?? rows?.[index - 1] ?? heading.current)?.focus();
  };

  return (
    <section aria-labelledby="past-searches" className="max-lg:order-first">
      <div className="flex min-h-10 items-center justify-between gap-2">
        <h2 id="past-searches" ref={heading} tabIndex={-1} className="text-base font-semibold">
          {t("search.past.title")}
        </h2>
        {searches.length > 0 && (
          <Button variant="quiet" onPress={() => setIsAsking(true)}>
            {t("search.past.deleteAll")}
          </Button>
        )}
      </div>
      {searches.length === 0 && (
        <p className="py-2 text-sm text-ink-soft">{t("search.past.empty")}</p>
      )}
      <ul ref={list} aria-labelledby="past-searches" className="-mx-3">
        {shown.map((search, index) => (
          <li key={search.id} className="flex items-center rounded-xl hover:bg-hover">
            <Link
              to="/search"
              search={{ q: search.q }}
              preload={false}
              className="flex min-h-11 min-w-0 grow items-center gap-3 rounded-xl px-3 text-sm"
            >
              <Clock aria-hidden className="size-4.5 shrink-0 text-ink-soft" />
              <bdi className="truncate">{search.q}</bdi>
            </Link>
            <IconButton
              aria-label={t("search.past.delete", { q: search.q })}
              className="text-ink-soft"
              onPress={() => remove(search, index)}
            >
              <X aria-hidden className="size-4" />
            </IconButton>
          </li>
        ))}
      </ul>
      {searches.length > SHOWN_FIRST && !isOpen && (
        <Button variant="quiet" className="-ms-3" onPress={() => setIsOpen(true)}>
          {t("search.filters.more", { count: searches.length - SHOWN_FIRST })}
        </Button>
      )}
      <RecordingSwitch />
      <ConfirmDialog
        isOpen={isAsking}
        onOpenChange={setIsAsking}
        title={t("search.past.deleteAll")}
        text={t("search.past.confirm")}
        action={t("action.delete")}
        onConfirm={clear}
      />
    </section>
  );
}

/** Deletions are shown at once, and taken back with words where they fail. */
function useDeletions() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const options = {
    onError: (error: Error) => showToast(toSentence(error, t)),
    onSettled: () => refreshHistory(client),
  };
  const change = async (update: (searches: PastSearch[]) => PastSearch[]) => {
    await client.cancelQueries({ queryKey: historyQuery.queryKey });
    client.setQueryData(historyQuery.queryKey, (searches) => update(searches ?? []));
  };
  const forget = useMutation({
    ...options,
    mutationFn: deletePastSearch,
    onMutate: (id) => change((searches) => searches.filter((each) => each.id !== id)),
  });
  const clear = useMutation({
    ...options,
    mutationFn: deleteHistory,
    onMutate: () => change(() => []),
  });
  return { forget: forget.mutate, clear: () => clear.mutate() };
}

function RecordingSwitch() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data } = useQuery(historySettingsQuery);
  const { mutate } = useMutation({
    mutationFn: recordSearches,
    onMutate: (enabled) => client.setQueryData(historySettingsQuery.queryKey, { enabled }),
    onError: (error) => showToast(toSentence(error, t)),
    onSettled: () => client.invalidateQueries({ queryKey: historySettingsQuery.queryKey }),
  });
  if (data === undefined) return null;
  return (
    <div className="mt-2">
      <FilterCheckbox
        label={t("search.past.record")}
        isChecked={data.enabled}
        onToggle={() => mutate(!data.enabled)}
      />
      {!data.enabled && <p className="text-sm text-ink-soft">{t("search.past.off")}</p>}
    </div>
  );
}
