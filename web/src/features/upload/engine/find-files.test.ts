import { expect, test } from "vitest";
import type { FoundFile } from "./file-source";
import { findChosen, findDropped, findInHandles, pair } from "./find-files";
import { photo } from "./testing/bench";

type Tree = { readonly [name: string]: Tree | string };

async function namesOf(found: AsyncIterable<readonly FoundFile[]>): Promise<string[]> {
  const names: string[] = [];
  for await (const files of found) {
    for (const { source, sidecar } of files) {
      const path = source.folder === "" ? source.name : `${source.folder}/${source.name}`;
      names.push(sidecar === null ? path : `${path} + ${sidecar.name}`);
    }
  }
  return names;
}

/** A folder or file as the File System Access API has it. */
function handleOf(name: string, tree: Tree | string): FileSystemHandle {
  if (typeof tree === "string") {
    const getFile = () => Promise.resolve(new File([tree], name));
    return { kind: "file", name, getFile } as unknown as FileSystemHandle;
  }
  async function* values() {
    for (const [child, below] of Object.entries(tree as Tree)) {
      yield await Promise.resolve(handleOf(child, below));
    }
  }
  return { kind: "directory", name, values } as unknown as FileSystemHandle;
}

/** The same as the older entries have it, two entries at a time. */
function entryOf(fullPath: string, tree: Tree | string): FileSystemEntry {
  const name = fullPath.split("/").at(-1) ?? "";
  if (typeof tree === "string") {
    const file = (resolve: (file: File) => void) => resolve(new File([tree], name));
    return { isDirectory: false, name, fullPath, file } as unknown as FileSystemEntry;
  }
  const createReader = () => {
    const left = Object.entries(tree).map(([child, below]) =>
      entryOf(`${fullPath}/${child}`, below),
    );
    return { readEntries: (resolve: (e: FileSystemEntry[]) => void) => resolve(left.splice(0, 2)) };
  };
  return { isDirectory: true, name, fullPath, createReader } as unknown as FileSystemEntry;
}

function drop(trees: Tree, api: "handles" | "entries"): DataTransfer {
  const items = Object.entries(trees).map(([name, tree]) => ({
    kind: "file",
    webkitGetAsEntry: () => entryOf(`/${name}`, tree),
    getAsFile: () => (typeof tree === "string" ? new File([tree], name) : null),
    ...(api === "handles" && {
      getAsFileSystemHandle: () => Promise.resolve(handleOf(name, tree)),
    }),
  }));
  return { items, files: [] } as unknown as DataTransfer;
}

const HOLIDAY: Tree = {
  "a.jpg": "a",
  "A.JPG.xmp": "<a/>",
  "b.cr3": "b",
  "b.xmp": "<b/>",
  "notes.txt": "no photo",
  ".hidden.jpg": "hidden",
  "Thumbs.db": "none",
  ".cache": { "c.jpg": "hidden" },
  beach: { "d.heic": "d", empty: {}, "e.png": "e" },
};

const EXPECTED = [
  "holiday/a.jpg + A.JPG.xmp",
  "holiday/b.cr3 + b.xmp",
  "holiday/beach/d.heic",
  "holiday/beach/e.png",
];

test.each(["handles", "entries"] as const)(
  "a dropped folder gives its photos with their sidecars, by %s",
  async (api) => {
    const unreadable: string[] = [];
    const found = findDropped(drop({ holiday: HOLIDAY }, api), (name) => unreadable.push(name));
    expect(await namesOf(found)).toEqual(EXPECTED);
    expect(unreadable).toEqual([]);
  },
);

test("a file that is dropped by itself is taken whatever its name", async () => {
  const dropped = drop({ "scan.pdf": "pdf", "a.jpg": "a" }, "handles");
  expect(await namesOf(findDropped(dropped, () => undefined))).toEqual(["scan.pdf", "a.jpg"]);
});

test.each([null, undefined])(
  "a picture that is on no disk is taken although its handle is %s",
  async (handle) => {
    const file = new File(["bytes"], "picture.png");
    const item = {
      kind: "file",
      webkitGetAsEntry: () => null,
      getAsFile: () => Object.defineProperty(file, "webkitRelativePath", { value: "" }),
      getAsFileSystemHandle: () => Promise.resolve(handle),
    };
    const dropped = { items: [item], files: [] } as unknown as DataTransfer;
    expect(await namesOf(findDropped(dropped, () => undefined))).toEqual(["picture.png"]);
  },
);

test("what cannot be read is named, and the rest goes on", async () => {
  const broken = {
    kind: "file",
    name: "gone.jpg",
    getFile: () => Promise.reject(new DOMException("It is gone.", "NotFoundError")),
  } as unknown as FileSystemHandle;
  const unreadable: string[] = [];
  const found = findInHandles([broken, handleOf("a.jpg", "a")], (name) => unreadable.push(name));
  expect(await namesOf(found)).toEqual(["a.jpg"]);
  expect(unreadable).toEqual(["gone.jpg"]);
});

test("of a chosen folder only photos are taken, with the folder they are in", async () => {
  const files = ["trip/a.jpg", "trip/a.xmp", "trip/readme.md", "trip/.b.jpg"].map((path) => {
    const file = new File(["bytes"], path.split("/").at(-1) ?? "");
    return Object.defineProperty(file, "webkitRelativePath", { value: path });
  });
  expect(await namesOf(findChosen(files))).toEqual(["trip/a.jpg + a.xmp"]);
});

test("of two sidecars the one with the whole name wins, and folders do not mix", () => {
  const found = pair([
    photo("a.jpg", "1", "x"),
    photo("a.xmp", "2", "x"),
    photo("a.jpg.xmp", "3", "x"),
    photo("a.jpg", "4", "y"),
    photo("b.xmp", "5", "y"),
  ]);
  expect(found.map(({ source, sidecar }) => [source.folder, source.name, sidecar?.name])).toEqual([
    ["x", "a.jpg", "a.jpg.xmp"],
    ["y", "a.jpg", undefined],
  ]);
});
