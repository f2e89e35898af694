/** Events of the library: one tab follows the stream and tells the others. */

import { authorizedFetch } from "@/api/client";
import { reachability } from "@/api/reachability";
import type { ServerEvent } from "./event-parser";
import { type EventStreamPort, followEvents } from "./event-stream";

const LOCK = "pichaven-events";
const CHANNEL = "pichaven-events";

/**
 * Call `onEvent` with each event of the library until the signal is aborted.
 *
 * Browsers open six connections to a host at most, and a stream holds one for as long as it is
 * open. So the tab with the lock follows it for all tabs; when it is closed, another one does.
 */
export function followLibrary(onEvent: (event: ServerEvent) => void, signal: AbortSignal): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<ServerEvent>) => onEvent(data);
  signal.addEventListener("abort", () => channel.close());
  const tell = (event: ServerEvent) => {
    channel.postMessage(event);
    onEvent(event);
  };
  navigator.locks
    .request(LOCK, { signal }, () => followEvents(PORT, tell, signal))
    .catch(() => undefined);
}

const PORT: EventStreamPort = {
  fetch: authorizedFetch,
  wait: (ms, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        window.removeEventListener("online", end);
        unsubscribe();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      const unsubscribe = reachability.subscribe(() => {
        if (reachability.isReachable) end();
      });
      window.addEventListener("online", end);
      signal.addEventListener("abort", end);
    }),
  watch: (ms) => {
    const controller = new AbortController();
    const abort = () => controller.abort();
    let timer = setTimeout(abort, ms);
    return {
      signal: controller.signal,
      touch: () => {
        clearTimeout(timer);
        timer = setTimeout(abort, ms);
      },
    };
  },
};
