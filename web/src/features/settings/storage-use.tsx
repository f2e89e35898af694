import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { formatBytes } from "@/ui/format-bytes";

const usageQuery = queryOptions({
  queryKey: ["usage"],
  queryFn: ({ signal }) => unwrap(api.GET("/api/v1/me/usage", { signal })),
});

/** How much of the quota is used. */
export function StorageUse() {
  const { t, i18n } = useTranslation();
  const { data: usage } = useSuspenseQuery(usageQuery);
  const bytes = (count: number) => formatBytes(count, i18n.language);
  const used = usage.bytes_used + usage.bytes_reserved;
  return (
    <div className="flex flex-col gap-2">
      <p className="flex flex-wrap justify-between gap-x-4 text-sm">
        <span>
          {t("settings.storage.used", { used: bytes(used), quota: bytes(usage.quota_bytes) })}
        </span>
        <span className="text-ink-soft">
          {t("settings.storage.photos", { count: usage.photos })}
        </span>
      </p>
      <progress
        aria-label={t("settings.storage.bar")}
        value={used}
        max={usage.quota_bytes}
        className="quota-bar h-2 w-full"
      />
      <p className="text-sm text-ink-soft">
        {t("settings.storage.file", { size: bytes(usage.max_file_bytes) })}
      </p>
    </div>
  );
}
