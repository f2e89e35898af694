import { useTranslation } from "react-i18next";
import { modelName } from "./model-name";
import type { SearchPage } from "./search-queries";

interface Props {
  readonly page: Pick<SearchPage, "model" | "degraded">;
  readonly hasWords: boolean;
}

/** Why the list ends here, and what looked at the pictures. */
export function ResultsEnd({ page, hasWords }: Props) {
  const { t } = useTranslation();
  return (
    <p title={page.model} className="px-2 py-8 text-center text-sm text-ink-soft">
      {hasWords
        ? `${t("search.relevance")} ${t("search.model", { model: modelName(page.model) })}`
        : t("search.end")}
    </p>
  );
}
