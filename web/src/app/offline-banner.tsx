import { onlineManager } from "@tanstack/react-query";
import { CloudOff, WifiOff } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { reachability } from "@/api/reachability";

/**
 * Says that the browser has no network, or that the platform does not answer, over the screen: a
 * line above it would move it, or be scrolled away. The element stays, so that its words are read
 * out.
 */
export function OfflineBanner() {
  const { t } = useTranslation();
  const isOnline = useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  );
  const isReachable = useSyncExternalStore(reachability.subscribe, () => reachability.isReachable);
  const isShown = !isOnline || !isReachable;
  const text = t(isOnline ? "offline.unreachable" : "offline.message");
  const Icon = isOnline ? CloudOff : WifiOff;
  return (
    <div
      role="status"
      aria-label={text}
      hidden={!isShown}
      className="pointer-events-none fixed inset-x-0 top-18 z-50 flex justify-center px-4 lg:start-56"
    >
      {isShown && (
        <p className="flex max-w-xl animate-rise items-center gap-2.5 rounded-xl bg-inverse px-4 py-2.5 text-sm text-balance text-on-inverse shadow-lg">
          <Icon aria-hidden className="size-4 shrink-0" />
          {text}
        </p>
      )}
    </div>
  );
}
