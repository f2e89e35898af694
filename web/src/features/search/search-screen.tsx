import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Search, SearchX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { PhotoGrid } from "@/features/photos/photo-grid";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";

export function SearchScreen() {
  const { t } = useTranslation();
  const { q = "" } = useSearch({ from: "/signed-in/search" });
  usePageTitle(q === "" ? t("search.title") : q);
  const { data, error } = useQuery({
    queryKey: ["search", q],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/search", {
          params: { query: { q, limit: 100, variants: "400,800" } },
          signal,
        }),
      ),
    enabled: q !== "",
    placeholderData: keepPreviousData,
  });
  if (error && !data) throw error;
  if (q === "") {
    return (
      <MessageScreen
        main
        icon={<Search className="size-7" />}
        title={t("search.start.title")}
        hint={t("search.start.hint")}
      />
    );
  }
  if (!data) return null;
  if (data.items.length === 0) {
    return (
      <MessageScreen
        main
        icon={<SearchX className="size-7" />}
        title={t("search.empty.title")}
        hint={t("search.empty.hint")}
      />
    );
  }
  return (
    <div className="px-1 sm:px-5 lg:px-6">
      <h1 className="sr-only">{q}</h1>
      <p role="status" className="px-2 py-3 text-sm text-ink-soft sm:px-0">
        {t("search.results", { count: data.total })} · {t("search.relevance")}
      </p>
      <PhotoGrid photos={data.items.map(({ photo }) => photo)} label={t("timeline.title")} />
    </div>
  );
}
