import { useLiveUpdates } from "./use-live-updates";

/** Nothing to see: what follows the library's events, loaded after the first paint. */
export function LiveUpdates() {
  useLiveUpdates();
  return null;
}
