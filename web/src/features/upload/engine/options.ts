/** What an engine is made of. */

import type { Lane, UploadApi } from "./api-port";
import { browserConnectivity, type Clock, type Connectivity, systemClock } from "./clock";
import type { Digests } from "./digests";
import { browserLocks, type Locks } from "./locks";
import type { Decision } from "./model";
import type { UploadRecords } from "./records";

export interface Limits {
  /** Files that are sent at once. */
  readonly files: number;
  /** Parts on their way at once, of all files; browsers open six connections to a host. */
  readonly parts: number;
  readonly partsPerFile: number;
  /** Files that are hashed at once. */
  readonly hashing: number;
  /** Files that are prepared ahead of those that are sent; bounds memory and open locks. */
  readonly ahead: number;
}

export interface EngineOptions {
  readonly ownerId: string;
  readonly api: UploadApi;
  readonly digests: Digests;
  /** Null where the browser stores nothing; the queue then ends with the page. */
  readonly records: UploadRecords | null;
  /** Called once for each file that is stored. */
  readonly onStored?: (photoId: string) => void;
  readonly locks?: Locks;
  readonly clock?: Clock;
  readonly connectivity?: Connectivity;
  /** Numbers from 0 to 1, for the jitter of backoffs. */
  readonly random?: () => number;
  readonly limits?: Partial<Limits>;
}

export interface AddOptions {
  readonly albumId?: string;
  /** `ask`, the default, leaves each duplicate to a person. */
  readonly onDuplicate?: Decision | "ask";
}

const LIMITS: Limits = { files: 3, parts: 4, partsPerFile: 3, hashing: 2, ahead: 29 };

export function complete(options: EngineOptions): Required<EngineOptions> & { limits: Limits } {
  return {
    onStored: () => undefined,
    locks: options.locks ?? browserLocks(),
    clock: systemClock,
    connectivity: options.connectivity ?? browserConnectivity(),
    random: Math.random,
    ...options,
    limits: { ...LIMITS, ...options.limits },
  };
}

/** As many files at once go to the bulk lane, behind photos uploaded by hand. */
const BULK_FROM = 20;

export function laneFor(files: number): Lane {
  return files >= BULK_FROM ? "bulk" : "interactive";
}
