import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { toSentence } from "@/app/i18n/problem-words";
import { changePhotos, failureWords } from "@/features/photos/change-photos";
import { refreshLists } from "@/features/photos/refresh-lists";
import { showToast } from "@/ui/toasts";
import { dismiss, restore } from "./dismissals";
import {
  advance,
  type Command,
  changesOf,
  type Decision,
  type DuplicateGroup,
  type Review,
  startAt,
  type Tier,
  withdraw,
  withKeeperFirst,
} from "./review";

const PAGE = 20;
/** The next page is loaded when so few groups are left of this one. */
const FEW_LEFT = 5;
/** Of many decisions the latest one is said. */
const TOPIC = "duplicates";

/** The groups of a tier and the review of them. Decisions are carried out at once. */
export function useReview(tier: Tier) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useGroups(tier);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const groups = useMemo(
    () => (query.data?.pages ?? []).flatMap(({ items }) => items).map(withKeeperFirst),
    [query.data],
  );
  const [state, setState] = useState<Review>();
  const review = state ?? startAt(0, groups);

  const isNearEnd = review.position > groups.length - FEW_LEFT;
  useEffect(() => {
    if (isNearEnd && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [isNearEnd, hasNextPage, isFetchingNextPage, fetchNextPage]);

  const change = async (ids: readonly string[], action: "trash" | "restore") => {
    if (ids.length === 0) return;
    const { failed, error } = await changePhotos(ids, action);
    void refreshLists();
    void client.invalidateQueries({ queryKey: ["search"] });
    if (error !== undefined) throw error;
    if (failed.length > 0) showToast(failureWords(failed.length, undefined, t));
  };

  const run = async (command: Command) => {
    const next = advance(review, groups, command);
    setState(next);
    if (command.type === "undo") await undo(review.decisions.at(-1));
    if (command.type !== "confirm" && command.type !== "keepAll") return;
    const group = groups[review.position];
    const decision = next.decisions.at(-1);
    const earlier = review.decisions.find(({ groupId }) => groupId === group?.id);
    if (group && decision) await carryOut(group, decision, earlier);
  };

  const carryOut = async (group: DuplicateGroup, decision: Decision, earlier?: Decision) => {
    const changes = changesOf(decision, earlier);
    const count = decision.trashed.length;
    try {
      // First what is kept, so that the group is never without a photo.
      await change(changes.restore, "restore");
      await change(changes.trash, "trash");
      if (count === 0) await dismiss(group.id);
      else if (earlier && earlier.trashed.length === 0) await restore(group.id);
    } catch (error) {
      setState((now) => now && withdraw(now, groups, group.id, earlier));
      showToast(toSentence(error, t));
      return;
    }
    const text = count === 0 ? t("duplicates.keptAll") : t("duplicates.trashed", { count });
    const takeBack = () => {
      setState((now) => now && withdraw(now, groups, group.id));
      void undo(decision);
    };
    showToast(text, takeBack, TOPIC);
  };

  const undo = async (decision: Decision | undefined) => {
    const group = groups.find(({ id }) => id === decision?.groupId);
    if (decision === undefined || group === undefined) return;
    try {
      await change(decision.trashed, "restore");
      if (decision.trashed.length === 0) await restore(group.id);
      showToast(t("duplicates.undone"), undefined, TOPIC);
    } catch (error) {
      showToast(toSentence(error, t));
    }
  };

  return {
    error: query.data ? null : query.error,
    isLoading: query.isPending || (groups[review.position] === undefined && hasNextPage),
    isComplete: query.data?.pages[0]?.complete ?? true,
    total: query.data?.pages[0]?.total ?? 0,
    dismissed: query.data?.pages[0]?.dismissed ?? 0,
    groups,
    review,
    run,
  };
}

function useGroups(tier: Tier) {
  return useInfiniteQuery({
    queryKey: ["duplicates", tier],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/api/v1/duplicates", {
          params: {
            query: {
              tier,
              limit: PAGE,
              variants: "400,800",
              ...(pageParam && { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: ({ next_cursor }) => next_cursor,
    // Pages are of one comparison; groups that were decided stay in it, for undo.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnReconnect: false,
  });
}
