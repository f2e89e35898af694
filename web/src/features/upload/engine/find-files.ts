/**
 * The photos of a drop, a paste or a choice, folder by folder, so that a drop of 50,000 files
 * shows its first rows at once.
 */

import {
  type FileSource,
  type FoundFile,
  type KeptHandle,
  sourceOfEntry,
  sourceOfFile,
  sourceOfHandle,
} from "./file-source";
import { isPhotoName, isSidecarName, sidecarNamesOf } from "./file-types";

/** What could not be read: a folder without permission, a file that went away. */
export type OnUnreadable = (name: string) => void;

interface DroppedItem extends DataTransferItem {
  /** Undefined for a file that is on no disk, although the standard says null. */
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null | undefined>;
}

type Folder = FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemHandle> };

/** Files of an `<input type="file">`, with `webkitdirectory` or without. */
export function findChosen(files: Iterable<File>): AsyncIterable<readonly FoundFile[]> {
  const sources = Array.from(files, sourceOfFile);
  const ofFolder = (source: FileSource) => source.folder !== "";
  // A folder holds other files too; a file chosen by itself goes to the server, which decides.
  const photos = sources.filter(
    (source) => !ofFolder(source) || isPhotoName(source.name) || isSidecarName(source.name),
  );
  return once(pair(photos));
}

/** Handles of `showOpenFilePicker` or `showDirectoryPicker`. */
export async function* findInHandles(
  handles: Iterable<FileSystemHandle>,
  onUnreadable: OnUnreadable,
): AsyncGenerator<readonly FoundFile[]> {
  const files: FileSource[] = [];
  for (const handle of handles) {
    if (isFolder(handle)) yield* inFolder(handle, handle.name, onUnreadable);
    else await collect(files, handle.name, onUnreadable, () => ofHandle(handle, ""));
  }
  if (files.length > 0) yield pair(files);
}

/**
 * Files and folders of a drop. Called in the event's handler itself: the drop is empty
 * afterwards. With file handles where the browser gives some, which outlive the page.
 */
export function findDropped(
  drop: DataTransfer,
  onUnreadable: OnUnreadable,
): AsyncIterable<readonly FoundFile[]> {
  const items = Array.from(drop.items as Iterable<DroppedItem>).filter(
    (item) => item.kind === "file",
  );
  const first = items[0];
  if (first === undefined) return findChosen(drop.files);
  if (first.getAsFileSystemHandle !== undefined) {
    return ofPendingHandles(items.map(pendingHandle), onUnreadable);
  }
  const entries = items.flatMap((item) => item.webkitGetAsEntry() ?? []);
  return inEntries(entries, onUnreadable);
}

/** Pictures of the clipboard. */
export function findPasted(clipboard: DataTransfer): AsyncIterable<readonly FoundFile[]> {
  return findChosen(clipboard.files);
}

interface PendingHandle {
  readonly handle: Promise<FileSystemHandle | null | undefined>;
  /** Null for a folder. */
  readonly file: File | null;
}

function pendingHandle(item: DroppedItem): PendingHandle {
  const isFolder = item.webkitGetAsEntry()?.isDirectory === true;
  return {
    handle: (item.getAsFileSystemHandle?.() ?? Promise.resolve(null)).catch(() => undefined),
    file: isFolder ? null : item.getAsFile(),
  };
}

async function* ofPendingHandles(
  pending: readonly PendingHandle[],
  onUnreadable: OnUnreadable,
): AsyncGenerator<readonly FoundFile[]> {
  const handles: FileSystemHandle[] = [];
  // A picture dragged out of a page is on no disk, so it has no handle.
  const files: File[] = [];
  for (const { handle, file } of pending) {
    const settled = await handle;
    if (settled) handles.push(settled);
    else if (file !== null) files.push(file);
  }
  yield* findInHandles(handles, onUnreadable);
  if (files.length > 0) yield* findChosen(files);
}

async function* inFolder(
  folder: Folder,
  path: string,
  onUnreadable: OnUnreadable,
): AsyncGenerator<readonly FoundFile[]> {
  const files: FileSource[] = [];
  const folders: Folder[] = [];
  try {
    for await (const handle of folder.values()) {
      if (isFolder(handle)) {
        if (!handle.name.startsWith(".")) folders.push(handle);
      } else if (isTaken(handle.name)) {
        await collect(files, handle.name, onUnreadable, () => ofHandle(handle, path));
      }
    }
  } catch {
    onUnreadable(path);
  }
  if (files.length > 0) yield pair(files);
  for (const each of folders) yield* inFolder(each, `${path}/${each.name}`, onUnreadable);
}

async function* inEntries(
  entries: readonly FileSystemEntry[],
  onUnreadable: OnUnreadable,
  inside = false,
): AsyncGenerator<readonly FoundFile[]> {
  const files: FileSource[] = [];
  const folders: FileSystemDirectoryEntry[] = [];
  for (const entry of entries) {
    if (isFolderEntry(entry)) {
      if (!(inside && entry.name.startsWith("."))) folders.push(entry);
    } else if (!inside || isTaken(entry.name)) {
      const source = () => sourceOfEntry(entry as FileSystemFileEntry);
      await collect(files, entry.name, onUnreadable, source);
    }
  }
  if (files.length > 0) yield pair(files);
  for (const folder of folders) {
    let children: FileSystemEntry[] = [];
    try {
      children = await entriesOf(folder);
    } catch {
      onUnreadable(folder.fullPath);
    }
    yield* inEntries(children, onUnreadable, true);
  }
}

/** Browsers return the entries of a folder in portions of about a hundred. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (portion.length === 0) return entries;
    entries.push(...portion);
  }
}

async function collect(
  files: FileSource[],
  name: string,
  onUnreadable: OnUnreadable,
  source: () => Promise<FileSource>,
): Promise<void> {
  try {
    files.push(await source());
  } catch {
    onUnreadable(name);
  }
}

/** Take each XMP file to the photos that it is beside of; alone it is nothing to upload. */
export function pair(sources: readonly FileSource[]): FoundFile[] {
  const pathOf = (folder: string, name: string) => `${folder}/${name.toLowerCase()}`;
  const sidecars = new Map<string, FileSource>();
  for (const source of sources) {
    if (isSidecarName(source.name)) sidecars.set(pathOf(source.folder, source.name), source);
  }
  return sources
    .filter((source) => !isSidecarName(source.name))
    .map((source) => {
      const names = sidecarNamesOf(source.name);
      const beside = names.map((name) => sidecars.get(pathOf(source.folder, name)));
      return { source, sidecar: beside.find((sidecar) => sidecar !== undefined) ?? null };
    });
}

function isTaken(name: string): boolean {
  return isPhotoName(name) || isSidecarName(name);
}

function isFolder(handle: FileSystemHandle): handle is Folder {
  return handle.kind === "directory";
}

function isFolderEntry(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function ofHandle(handle: FileSystemHandle, folder: string): Promise<FileSource> {
  return sourceOfHandle(handle as KeptHandle, folder);
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield await Promise.resolve(value);
}
