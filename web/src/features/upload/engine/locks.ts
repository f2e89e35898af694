/** Locks by name, across the tabs of one browser where it can. */

export interface Locks {
  /**
   * Do the work while the lock is held by nobody else. `onContended` is called where it has to be
   * waited for; an abort ends the waiting.
   */
  hold<T>(
    name: string,
    signal: AbortSignal,
    onContended: () => void,
    work: () => Promise<T>,
  ): Promise<T>;
  /** Return what gives the lock back, null where it is held already. */
  tryHold(name: string): Promise<(() => void) | null>;
}

/**
 * Web Locks. A tab that is closed or crashes gives its locks back. Insecure pages have none; two
 * tabs of theirs may send the same bytes at once, of which the server makes one photo.
 */
export function browserLocks(): Locks {
  const manager = (navigator as Partial<Navigator>).locks;
  return manager === undefined ? new LocalLocks() : new WebLocks(manager);
}

class WebLocks implements Locks {
  readonly #manager: LockManager;

  constructor(manager: LockManager) {
    this.#manager = manager;
  }

  async hold<T>(
    name: string,
    signal: AbortSignal,
    onContended: () => void,
    work: () => Promise<T>,
  ): Promise<T> {
    const release = await this.tryHold(name);
    if (release !== null) {
      try {
        signal.throwIfAborted();
        return await work();
      } finally {
        release();
      }
    }
    onContended();
    return (await this.#manager.request(name, { signal }, work)) as T;
  }

  async tryHold(name: string): Promise<(() => void) | null> {
    return await new Promise((resolve, reject) => {
      this.#manager
        .request(name, { ifAvailable: true }, async (lock) => {
          if (lock === null) {
            resolve(null);
            return;
          }
          await new Promise<void>((release) => {
            resolve(release);
          });
        })
        .catch(reject);
    });
  }
}

/** Locks of one page. */
export class LocalLocks implements Locks {
  readonly #held = new Map<string, Set<() => void>>();

  async hold<T>(
    name: string,
    signal: AbortSignal,
    onContended: () => void,
    work: () => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    let release = this.#take(name);
    if (release === null) onContended();
    while (release === null) {
      await this.#released(name, signal);
      release = this.#take(name);
    }
    try {
      return await work();
    } finally {
      release();
    }
  }

  tryHold(name: string): Promise<(() => void) | null> {
    return Promise.resolve(this.#take(name));
  }

  #take(name: string): (() => void) | null {
    if (this.#held.has(name)) return null;
    const waiting = new Set<() => void>();
    this.#held.set(name, waiting);
    return () => {
      if (this.#held.get(name) !== waiting) return;
      this.#held.delete(name);
      for (const proceed of [...waiting]) proceed();
    };
  }

  async #released(name: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const waiting = this.#held.get(name);
    if (waiting === undefined) return;
    await new Promise<void>((resolve, reject) => {
      const proceed = () => {
        waiting.delete(proceed);
        signal.removeEventListener("abort", proceed);
        if (signal.aborted) reject(signal.reason as Error);
        else resolve();
      };
      waiting.add(proceed);
      signal.addEventListener("abort", proceed, { once: true });
    });
  }
}
