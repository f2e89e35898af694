/**
 * A bounded cache in the browser's storage.
 *
 * It has two generations. What is stored goes into the newer one, and so does what is read from the
 * older one. When the newer one is full it becomes the older one, and that one is removed with all
 * that was not read for as long. So nothing is written about entries, and nothing can disagree with
 * what is stored.
 */

export interface Bounds {
  /** Of the names of the generations; a time in milliseconds follows. */
  readonly prefix: string;
  /** Of a generation. */
  readonly mostEntries: number;
  /** Of an entry; a larger one is not stored. */
  readonly mostBytes: number;
  /** Of a generation, from its first entry to its removal. */
  readonly mostAgeMs: number;
}

const GENERATIONS = 2;

export class GenerationCache {
  readonly #bounds: Bounds;
  readonly #storage: CacheStorage;
  readonly #now: () => number;
  /** Writes are one after another, so that a generation is begun once. */
  #writes: Promise<unknown> = Promise.resolve();
  #size: { readonly name: string; entries: number } | undefined;
  #cleared = 0;

  constructor(bounds: Bounds, storage: CacheStorage, now: () => number = Date.now) {
    this.#bounds = bounds;
    this.#storage = storage;
    this.#now = now;
  }

  /** Return what is stored under a key. */
  async match(key: string): Promise<Response | undefined> {
    const [newer, ...older] = await this.#generations();
    for (const name of [newer, ...older]) {
      const response = name && (await (await this.#storage.open(name)).match(key));
      if (!response) continue;
      if (name !== newer) void this.put(key, response.clone());
      return response;
    }
    return undefined;
  }

  /** Store a response, whose body is read; what cannot be stored is not. */
  put(key: string, response: Response): Promise<void> {
    const { mostBytes } = this.#bounds;
    const cleared = this.#cleared;
    const { status, headers } = response;
    const write = async () => {
      const body = await response.blob();
      if (body.size > mostBytes || cleared !== this.#cleared) return;
      const name = await this.#writable();
      const cache = await this.#storage.open(name);
      await cache.put(key, new Response(body, { status, headers }));
      // One that was cleared meanwhile is gone again.
      if (cleared !== this.#cleared) await this.#storage.delete(name);
      if (this.#size?.name === name) this.#size.entries += 1;
    };
    const written = this.#writes.then(write).catch(() => this.#makeRoom());
    this.#writes = written;
    return written;
  }

  /** Whether something is stored. */
  async isEmpty(): Promise<boolean> {
    return (await this.#generations()).length === 0;
  }

  /** Remove everything, also what is being stored. */
  async clear(): Promise<void> {
    this.#cleared += 1;
    this.#size = undefined;
    const names = (await this.#storage.keys()).filter((name) => this.#timeOf(name) !== undefined);
    await Promise.all(names.map((name) => this.#storage.delete(name)));
  }

  /** Return the name of the generation that takes the next entry. */
  async #writable(): Promise<string> {
    const { prefix, mostEntries, mostAgeMs } = this.#bounds;
    const generations = await this.#generations();
    const [newest] = generations;
    if (newest !== undefined) {
      if (this.#size?.name !== newest) {
        const entries = (await (await this.#storage.open(newest)).keys()).length;
        this.#size = { name: newest, entries };
      }
      const age = this.#now() - (this.#timeOf(newest) ?? 0);
      if (this.#size.entries < mostEntries && age < mostAgeMs / GENERATIONS) return newest;
    }
    const name = `${prefix}${Math.max(this.#now(), (this.#timeOf(newest) ?? 0) + 1)}`;
    this.#size = { name, entries: 0 };
    await Promise.all(generations.slice(GENERATIONS - 1).map((each) => this.#storage.delete(each)));
    return name;
  }

  /** Return the names of the generations, the newest first; the ones that are too old are removed. */
  async #generations(): Promise<string[]> {
    const oldest = this.#now() - this.#bounds.mostAgeMs;
    const generations: [name: string, time: number][] = [];
    for (const name of await this.#storage.keys()) {
      const time = this.#timeOf(name);
      if (time === undefined) continue;
      if (time < oldest) await this.#storage.delete(name);
      else generations.push([name, time]);
    }
    return generations.sort(([, one], [, other]) => other - one).map(([name]) => name);
  }

  /** The storage is full, or may not be used: the older generation is given up. */
  async #makeRoom(): Promise<void> {
    const [, older] = await this.#generations().catch(() => []);
    if (older !== undefined) await this.#storage.delete(older).catch(() => undefined);
  }

  #timeOf(name: string | undefined): number | undefined {
    if (name?.startsWith(this.#bounds.prefix) !== true) return undefined;
    const time = Number(name.slice(this.#bounds.prefix.length));
    return Number.isFinite(time) ? time : undefined;
  }
}
