import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { CloudOff } from "lucide-react";
import { useEffect, useEffectEvent } from "react";
import { useTranslation } from "react-i18next";
import { ProblemError } from "@/api/problem";
import { reachability } from "@/api/reachability";
import { Button } from "@/ui/button";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";
import { toSentence } from "./i18n/problem-words";

/**
 * Shown where a screen could not be loaded: what went wrong, and a way to try again. Where the
 * platform did not answer, it is tried again as soon as it does.
 */
export function FailureScreen({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  usePageTitle(t("failure.title"));
  const requestId = error instanceof ProblemError ? error.problem.request_id : "";
  const tryAgain = () => {
    reset();
    void router.invalidate();
  };
  useAnswer(!(error instanceof ProblemError), tryAgain);
  return (
    <main>
      <MessageScreen
        main
        icon={<CloudOff className="size-7" />}
        title={t("failure.title")}
        hint={toSentence(error, t)}
      >
        <Button variant="primary" onPress={tryAgain}>
          {t("action.retry")}
        </Button>
        {requestId !== "" && (
          <p className="w-full text-xs text-ink-soft">
            {t("failure.reference", { id: requestId })}
          </p>
        )}
      </MessageScreen>
    </main>
  );
}

/** Call `onAnswer` when the platform answers again, if it does not answer now. */
function useAnswer(mayBeUnreachable: boolean, onAnswer: () => void): void {
  const call = useEffectEvent(onAnswer);
  useEffect(() => {
    if (!mayBeUnreachable) return;
    reachability.doubt();
    return reachability.subscribe(() => {
      if (reachability.isReachable) call();
    });
  }, [mayBeUnreachable]);
}
