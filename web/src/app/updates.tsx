import { RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { activateVersion, watchVersions } from "@/offline/versions";
import { Button } from "@/ui/button";

/** Starts the service worker, and offers a new version of the client while an old one is open. */
export function Updates() {
  const { t } = useTranslation();
  const [version, setVersion] = useState<ServiceWorker>();
  useEffect(() => watchVersions(setVersion), []);
  return (
    <div
      role="status"
      className="fixed inset-x-0 bottom-20 z-40 flex justify-center px-4 lg:bottom-6"
    >
      {version && (
        <div className="flex min-h-12 max-w-md animate-rise items-center gap-2 rounded-xl bg-inverse ps-4 pe-1 text-sm text-on-inverse shadow-lg">
          <RefreshCw aria-hidden className="size-4 shrink-0" />
          <span className="py-2.5">{t("version.new")}</span>
          <Button
            variant="quiet"
            className="!text-on-inverse font-semibold hover:!bg-white/15"
            onPress={() => activateVersion(version)}
          >
            {t("version.take")}
          </Button>
        </div>
      )}
    </div>
  );
}
