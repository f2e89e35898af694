/** Whether the platform answered the last request. */

let isReachable = true;
const listeners = new Set<() => void>();

export const reachability = {
  /** Say that a request had a response, or none. */
  report(now: boolean): void {
    if (now === isReachable) return;
    isReachable = now;
    for (const listener of listeners) listener();
  },
  /** For `useSyncExternalStore`. */
  isReachable: (): boolean => isReachable,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },
};
