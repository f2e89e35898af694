import { onlineManager } from "@tanstack/react-query";
import { WifiOff } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

/** Says that the browser has no network. The element stays, so that its words are read out. */
export function OfflineBanner() {
  const { t } = useTranslation();
  const online = useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  );
  return (
    <div role="status" aria-label={t("offline.message")} hidden={online}>
      {!online && (
        <p className="flex items-center justify-center gap-2 bg-inverse px-4 py-2 text-sm text-on-inverse">
          <WifiOff aria-hidden className="size-4 shrink-0" />
          {t("offline.message")}
        </p>
      )}
    </div>
  );
}
