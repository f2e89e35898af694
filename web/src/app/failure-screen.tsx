import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { CloudOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ProblemError } from "@/api/problem";
import { Button } from "@/ui/button";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";
import { toSentence } from "./i18n/problem-words";

/** Shown where a screen could not be loaded: what went wrong, and a way to try again. */
export function FailureScreen({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  usePageTitle(t("failure.title"));
  const requestId = error instanceof ProblemError ? error.problem.request_id : "";
  return (
    <main>
      <MessageScreen
        main
        icon={<CloudOff className="size-7" />}
        title={t("failure.title")}
        hint={toSentence(error, t)}
      >
        <Button
          variant="primary"
          onPress={() => {
            reset();
            void router.invalidate();
          }}
        >
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
