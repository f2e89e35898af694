import { useTranslation } from "react-i18next";
import { isTransient } from "@/api/problem";
import { toSentence } from "@/app/i18n/problem-words";
import { Alert } from "@/ui/alert";
import { Button } from "@/ui/button";

interface Props {
  /** Null where all is well. */
  readonly error: Error | null;
  readonly onRetry: () => void;
}

/** What went wrong, in words; results that are there already stay beside it. */
export function SearchFailure({ error, onRetry }: Props) {
  const { t } = useTranslation();
  return (
    <div className={error === null ? undefined : "my-3 flex flex-wrap items-center gap-3"}>
      <Alert>{error === null ? undefined : toSentence(error, t)}</Alert>
      {error !== null && isTransient(error) && (
        <Button onPress={onRetry}>{t("action.retry")}</Button>
      )}
    </div>
  );
}
