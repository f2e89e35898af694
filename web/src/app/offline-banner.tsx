import { onlineManager } from "@tanstack/react-query";
import { WifiOff } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { reachability } from "@/api/reachability";

/**
 * Says that the browser has no network, or that the platform does not answer. The element stays,
 * so that its words are read out.
 */
export function OfflineBanner() {
  const { t } = useTranslation();
  const online = useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  );
  const isReachable = useSyncExternalStore(reachability.subscribe, reachability.isReachable);
  const isShown = !online || !isReachable;
  const message = t(online ? "offline.unreachable" : "offline.message");
  return (
    <div role="status" aria-label={message} hidden={!isShown}>
      {isShown && (
        <p className="flex items-center justify-center gap-2 bg-inverse px-4 py-2 text-sm text-on-inverse">
          <WifiOff aria-hidden className="size-4 shrink-0" />
          {message}
        </p>
      )}
    </div>
  );
}
