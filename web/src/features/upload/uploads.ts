/**
 * The uploads of this page: one engine for the account that is signed in. Its code is loaded when
 * something is uploaded, or was when the page was last closed.
 */

import { queryClient } from "@/api/query-client";
import { profileQuery } from "@/features/account/profile";
import type { FoundFile } from "./engine/file-source";
import type { Uploads } from "./open-uploads";

interface Opened {
  readonly ownerId: string;
  readonly uploads: Promise<Uploads>;
}

let opened: Opened | null = null;
let current: Uploads | null = null;
const listeners = new Set<() => void>();

/** For `useSyncExternalStore`. */
export function subscribeToUploads(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Return the uploads, null before they are opened. */
export function currentUploads(): Uploads | null {
  return current;
}

/** Open the uploads of the account; the same ones while the account is. */
export async function openUploads(): Promise<Uploads> {
  const { id: ownerId } = await queryClient.ensureQueryData(profileQuery);
  if (opened?.ownerId !== ownerId) {
    const before = opened;
    opened = { ownerId, uploads: load(ownerId, before?.uploads) };
  }
  return await opened.uploads;
}

async function load(ownerId: string, before: Promise<Uploads> | undefined): Promise<Uploads> {
  try {
    // Another account's uploads end with its session; their records stay for the next one.
    await (await before?.catch(() => undefined))?.close();
    publish(null);
    const uploads = await (await import("./open-uploads")).openUploadsOf(ownerId);
    publish(uploads);
    return uploads;
  } catch (error) {
    opened = null;
    throw error;
  }
}

function publish(uploads: Uploads | null): void {
  current = uploads;
  for (const listener of listeners) listener();
}

/** Upload what is found; return how many files are new or go on now. */
export async function addFound(found: AsyncIterable<readonly FoundFile[]>): Promise<number> {
  return await (await openUploads()).engine.add(found);
}

/** Upload files of an input. */
export async function addFiles(files: readonly File[]): Promise<number> {
  const { findChosen } = await import("./engine/find-files");
  return await addFound(findChosen(files));
}

/** Go on with what earlier visits and closed tabs left, and after a session that had ended. */
export async function continueUploads(): Promise<void> {
  const { id } = await queryClient.ensureQueryData(profileQuery);
  const wasOpen = opened?.ownerId === id;
  if (!wasOpen && !(await mayHaveRecords(id))) return;
  const { engine } = await openUploads();
  if (engine.getSnapshot().signedOut) engine.signedIn();
  if (wasOpen) await engine.restore();
}

/** Whether the browser may have records of the account's uploads; true where it does not say. */
async function mayHaveRecords(ownerId: string): Promise<boolean> {
  try {
    const { recordsDatabase } = await import("./engine/records");
    const databases = await indexedDB.databases();
    return databases.some(({ name }) => name === recordsDatabase(ownerId));
  } catch {
    return true;
  }
}
