import { EyeOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { classNames } from "@/ui/class-names";
import type { SearchPage } from "./search-queries";

interface Props {
  readonly page: SearchPage;
  /** Whether these are the results of the words before. */
  readonly isStale: boolean;
}

/** How many results there are, and what could not be searched. */
export function ResultsSummary({ page, isStale }: Props) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-2">
      <p
        role="status"
        className={classNames("text-sm text-ink-soft transition-opacity", isStale && "opacity-50")}
      >
        {t("search.results", { count: page.total })}
      </p>
      {page.degraded.includes("visual") && (
        <p className="flex items-start gap-2 rounded-lg bg-sunken px-3 py-2.5 text-sm">
          <EyeOff aria-hidden className="mt-0.5 size-4 shrink-0 text-ink-soft" />
          {t("search.degraded")}
        </p>
      )}
    </div>
  );
}
