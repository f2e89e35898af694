/** Time, as a parameter: tests run on a clock of their own. */
export interface Clock {
  /** Milliseconds of the epoch. */
  now(): number;
  /** Call once after so many milliseconds; the returned function prevents it. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    // Longer timers of browsers fire at once.
    const timer = setTimeout(callback, Math.min(ms, 2 ** 31 - 1));
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Whether there is a network, as far as the browser knows. */
export interface Connectivity {
  online(): boolean;
  /** Call on every change; the returned function ends it. */
  subscribe(listener: () => void): () => void;
}

export function browserConnectivity(): Connectivity {
  return {
    online: () => navigator.onLine,
    subscribe: (listener) => {
      globalThis.addEventListener("online", listener);
      globalThis.addEventListener("offline", listener);
      return () => {
        globalThis.removeEventListener("online", listener);
        globalThis.removeEventListener("offline", listener);
      };
    },
  };
}
