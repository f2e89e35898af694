/** Taking over the records of tabs that are gone. */

import type { KeptHandle } from "./file-source";
import type { Locks } from "./locks";
import type { QueueEntry } from "./queue-entry";
import type { UploadRecords } from "./records";
import type { UploadQueue } from "./upload-queue";

/** The lock that a tab holds as long as it is there. */
export function tabLock(tab: string): string {
  return `pichaven-upload-tab:${tab}`;
}

/** Add the files of all tabs that are gone to the queue. Each goes to one of the tabs there are. */
export async function restoreRecords(
  queue: UploadQueue,
  records: UploadRecords,
  locks: Locks,
): Promise<readonly QueueEntry[]> {
  const tabs = new Set((await records.all()).map(({ tab }) => tab));
  tabs.delete(queue.tab);
  const restored: QueueEntry[] = [];
  for (const tab of tabs) {
    const release = await locks.tryHold(tabLock(tab));
    if (release === null) continue;
    try {
      // Read again: another tab may have taken them over before the lock was free.
      const all = await records.all();
      for (const record of all) if (record.tab === tab) restored.push(queue.restore(record));
      await queue.flush();
    } finally {
      release();
    }
  }
  for (const entry of restored) {
    if (entry.handle !== null && (await mayRead(entry.handle))) queue.readFromHandle(entry);
  }
  return restored;
}

async function mayRead(handle: KeptHandle): Promise<boolean> {
  return (await handle.queryPermission?.({ mode: "read" })) === "granted";
}
