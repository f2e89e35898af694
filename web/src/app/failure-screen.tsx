import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { CloudOff } from "lucide-react";
import { useEffect, useEffectEvent } from "react";
import { useTranslation } from "react-i18next";
import { isTransient, ProblemError } from "@/api/problem";
import { reachability } from "@/api/reachability";
import { recovery } from "@/api/recovery";
import { Button } from "@/ui/button";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";
import { toSentence } from "./i18n/problem-words";

/**
 * Shown where a screen could not be loaded: what went wrong, and a way to try again. Where the
 * platform or a service did not answer, it is tried again as soon as it does.
 */
export function FailureScreen({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const queries = useQueryErrorResetBoundary();
  usePageTitle(t("failure.title"));
  const requestId = error instanceof ProblemError ? error.problem.request_id : "";
  const tryAgain = () => {
    // Else what has failed is not loaded again.
    queries.reset();
    reset();
    void router.invalidate();
  };
  useAnswer(error, tryAgain);
  return (
    <main>
      <MessageScreen
        main
        icon={<CloudOff className="size-7" />}
        title={t("failure.title")}
        hint={toSentence(error, t)}
      >
        {isTransient(error) && (
          <Button variant="primary" onPress={tryAgain}>
            {t("action.retry")}
          </Button>
        )}
        {requestId !== "" && (
          <p className="w-full text-xs text-ink-soft">
            {t("failure.reference", { id: requestId })}
          </p>
        )}
      </MessageScreen>
    </main>
  );
}

/** Call `onAnswer` when what did not answer does so again, if it does not answer now. */
function useAnswer(error: unknown, onAnswer: () => void): void {
  const call = useEffectEvent(onAnswer);
  useEffect(() => {
    if (error instanceof ProblemError) return recovery.wait(error, () => call());
    reachability.doubt();
    return reachability.subscribe(() => {
      if (reachability.isReachable) call();
    });
  }, [error]);
}
