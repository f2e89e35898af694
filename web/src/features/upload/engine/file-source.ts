/** Where a file's bytes come from. It is opened when they are needed, and nothing of it is kept. */

import { FileUnreadable } from "./api-port";

/** A file handle that outlives the page, as Chromium has it. */
export interface KeptHandle extends FileSystemFileHandle {
  queryPermission?(descriptor: { mode: "read" }): Promise<PermissionState>;
  requestPermission?(descriptor: { mode: "read" }): Promise<PermissionState>;
}

export interface FileSource {
  readonly name: string;
  readonly folder: string;
  readonly size: number;
  /** `File.lastModified` */
  readonly modified: number;
  /** The browser's idea of the content type; may be empty. */
  readonly type: string;
  /** What a record keeps to open the file after a reload; null where there is none. */
  readonly handle: KeptHandle | null;
  /** Rejects with `FileUnreadable`. */
  open(): Promise<File>;
}

/** A file as found: with its sidecar, if there is one beside it. */
export interface FoundFile {
  readonly source: FileSource;
  readonly sidecar: FileSource | null;
}

export async function sourceOfHandle(handle: KeptHandle, folder: string): Promise<FileSource> {
  const open = reading(() => handle.getFile());
  return describe(await open(), folder, handle, open);
}

export async function sourceOfEntry(entry: FileSystemFileEntry): Promise<FileSource> {
  const open = reading(
    () =>
      new Promise<File>((resolve, reject) => {
        entry.file(resolve, reject);
      }),
  );
  const parts = entry.fullPath.split("/").filter((part) => part !== "");
  return describe(await open(), parts.slice(0, -1).join("/"), null, open);
}

/** A `File` of an input or the clipboard is a reference; its bytes stay on the disk. */
export function sourceOfFile(file: File): FileSource {
  const parts = file.webkitRelativePath.split("/");
  return describe(file, parts.slice(0, -1).join("/"), null, () => Promise.resolve(file));
}

function describe(
  file: File,
  folder: string,
  handle: KeptHandle | null,
  open: () => Promise<File>,
): FileSource {
  const { name, size, lastModified: modified, type } = file;
  return { name, folder, size, modified, type, handle, open };
}

function reading(read: () => Promise<File>): () => Promise<File> {
  return async () => {
    try {
      return await read();
    } catch (error) {
      throw new FileUnreadable("The file cannot be read.", { cause: error });
    }
  };
}
