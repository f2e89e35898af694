import { Link, useSearch } from "@tanstack/react-router";
import { CopyCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";
import { useRestoreAll } from "./dismissals";
import { ReviewGroup } from "./review-group";
import { useKeys } from "./use-keys";
import { useReview } from "./use-review";

const TIERS = ["same", "moment"] as const;

export function DuplicatesScreen() {
  const { t } = useTranslation();
  usePageTitle(t("nav.duplicates"));
  const { tier = "same" } = useSearch({ from: "/signed-in/duplicates" });
  return (
    <div className="mx-auto max-w-6xl px-4 py-4 sm:px-5 lg:px-6">
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-2xl font-semibold">{t("nav.duplicates")}</h1>
        <nav aria-label={t("duplicates.tiers")}>
          <ul className="flex rounded-xl bg-sunken p-1 text-sm font-medium">
            {TIERS.map((each) => (
              <li key={each}>
                <Link
                  to="/duplicates"
                  search={each === "same" ? {} : { tier: each }}
                  activeOptions={{ exact: true, includeSearch: true }}
                  aria-current={each === tier ? "page" : undefined}
                  className="flex min-h-9 items-center rounded-lg px-3 text-ink-soft aria-[current=page]:bg-surface aria-[current=page]:text-ink aria-[current=page]:shadow-sm"
                >
                  {t(`duplicates.tier.${each}`)}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      </div>
      <p className="mb-4 text-sm text-ink-soft">{t(`duplicates.tier.${tier}.hint`)}</p>
      <Review key={tier} tier={tier} />
    </div>
  );
}

function Review({ tier }: { readonly tier: (typeof TIERS)[number] }) {
  const { t } = useTranslation();
  const { error, isLoading, isComplete, groups, review, total, dismissed, run } = useReview(tier);
  const restoreAll = useRestoreAll();
  useKeys((command) => void run(command));
  if (error) throw error;
  if (isLoading) return <Loading />;
  const group = groups[review.position];
  const decided = review.decisions.length;
  if (group !== undefined) {
    return (
      <>
        {!isComplete && <p className="mb-4 text-sm text-ink-soft">{t("duplicates.incomplete")}</p>}
        <ReviewGroup
          group={group}
          review={review}
          total={Math.max(total, groups.length)}
          onCommand={(command) => void run(command)}
        />
      </>
    );
  }
  const isDone = groups.length > 0;
  return (
    <MessageScreen
      icon={<CopyCheck className="size-7" />}
      title={t(isDone ? "duplicates.done.title" : "duplicates.empty.title")}
      hint={
        isDone
          ? t("duplicates.done.hint", { decided, total: groups.length })
          : t(dismissed > 0 ? "duplicates.empty.kept" : "duplicates.empty.hint")
      }
    >
      {isDone && (
        <Button onPress={() => void run({ type: "previous" })}>{t("duplicates.previous")}</Button>
      )}
      {decided > 0 && <Button onPress={() => void run({ type: "undo" })}>{t("toast.undo")}</Button>}
      {dismissed > 0 && (
        <Button isPending={restoreAll.isPending} onPress={() => restoreAll.mutate()}>
          {t("duplicates.showKept")}
        </Button>
      )}
    </MessageScreen>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <>
      <p role="status" className="mb-4 text-sm text-ink-soft">
        {t("duplicates.comparing")}
      </p>
      <div aria-hidden className="grid grid-cols-2 gap-4">
        <div className="h-96 rounded-2xl bg-sunken" />
        <div className="h-96 rounded-2xl bg-sunken" />
      </div>
    </>
  );
}
