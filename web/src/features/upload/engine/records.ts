/** What outlives the page: one record for each file that is not done, in IndexedDB. */

import type { Lane } from "./api-port";
import type { KeptHandle } from "./file-source";
import type { Decision, UploadProblem } from "./model";

export interface UploadRecord {
  readonly id: string;
  /** The tab that works on it; its lock says whether that tab is there. */
  readonly tab: string;
  /** Where it is in the queue. */
  readonly order: number;
  readonly name: string;
  readonly folder: string;
  readonly size: number;
  readonly modified: number;
  readonly type: string;
  readonly digest: string | null;
  readonly uploadId: string | null;
  readonly photoId: string | null;
  readonly decision: Decision | null;
  readonly albumId: string | null;
  readonly lane: Lane;
  readonly handle: KeptHandle | null;
  readonly sidecarHandle: KeptHandle | null;
  /** Whether the photo is to have a sidecar, so that it is not completed without. */
  readonly hasSidecar: boolean;
  readonly paused: boolean;
  /** To be cancelled on the server, which has not been reached yet. */
  readonly cancelling: boolean;
  readonly problem: UploadProblem | null;
}

export interface UploadRecords {
  all(): Promise<readonly UploadRecord[]>;
  /** Apply all changes or none: a record to put, null to delete. */
  write(changes: ReadonlyMap<string, UploadRecord | null>): Promise<void>;
  close(): void;
}

const STORE = "records";
const MOST_CHANGES = 250;

/** Open the records of one owner. Rejects where the browser refuses to store anything. */
export async function openUploadRecords(
  ownerId: string,
  factory: IDBFactory = indexedDB,
): Promise<UploadRecords> {
  const opening = factory.open(recordsDatabase(ownerId), 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(STORE, { keyPath: "id" });
  };
  return new IndexedDbRecords(await settled(opening));
}

/** Remove all that is stored of an owner's uploads, as when he signs out for good. */
export async function deleteUploadRecords(
  ownerId: string,
  factory: IDBFactory = indexedDB,
): Promise<void> {
  await settled(factory.deleteDatabase(recordsDatabase(ownerId)));
}

/** The name of the database with an owner's records. */
export function recordsDatabase(ownerId: string): string {
  return `pichaven-uploads-${ownerId}`;
}

class IndexedDbRecords implements UploadRecords {
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
    // Else this tab would keep another one from deleting the records or changing their schema.
    database.onversionchange = () => {
      database.close();
    };
  }

  async all(): Promise<readonly UploadRecord[]> {
    const store = this.#database.transaction(STORE, "readonly").objectStore(STORE);
    const records = (await settled(store.getAll())) as UploadRecord[];
    return records.sort((one, other) => one.order - other.order);
  }

  async write(changes: ReadonlyMap<string, UploadRecord | null>): Promise<void> {
    const transaction = this.#database.transaction(STORE, "readwrite");
    const store = transaction.objectStore(STORE);
    for (const [id, record] of changes) {
      if (record === null) store.delete(id);
      else store.put(record);
    }
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => {
        resolve();
      };
      transaction.onabort = () => {
        reject(transaction.error ?? new Error("The records could not be written."));
      };
    });
  }

  close(): void {
    this.#database.close();
  }
}

async function settled<T>(request: IDBRequest<T>): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("The browser stores nothing."));
    };
  });
}

/**
 * Writes changes in the order they are made, many in one transaction: while one is written, the
 * next ones collect, and of several changes of one record the last counts.
 */
export class RecordJournal {
  readonly #records: UploadRecords;
  readonly #onFailure: () => void;
  readonly #changes = new Map<string, UploadRecord | null>();
  #writing: Promise<void> | null = null;

  /** `onFailure` is called when something could not be written, as on a full disk. */
  constructor(records: UploadRecords, onFailure: () => void) {
    this.#records = records;
    this.#onFailure = onFailure;
  }

  put(record: UploadRecord): void {
    this.#changes.set(record.id, record);
    this.#writing ??= this.#write();
  }

  delete(id: string): void {
    this.#changes.set(id, null);
    this.#writing ??= this.#write();
  }

  /** Wait until all is written, or was refused. */
  async flush(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #write(): Promise<void> {
    // Changes of one turn of the event loop go together.
    await Promise.resolve();
    while (this.#changes.size > 0) {
      // Each record is copied on this thread, so few go at a time.
      const changes = new Map(firstOf(this.#changes, MOST_CHANGES));
      for (const id of changes.keys()) this.#changes.delete(id);
      try {
        await this.#records.write(changes);
      } catch {
        this.#onFailure();
      }
    }
    this.#writing = null;
  }
}

function* firstOf<T>(values: Iterable<T>, count: number): IterableIterator<T> {
  let left = count;
  for (const value of values) {
    if (left === 0) return;
    left -= 1;
    yield value;
  }
}
