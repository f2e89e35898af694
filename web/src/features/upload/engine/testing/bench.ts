import type { UploadApi } from "../api-port";
import { sha256OfBlob } from "../digests";
import type { FileSource, FoundFile } from "../file-source";
import { LocalLocks, type Locks } from "../locks";
import type { Phase, UploadItem } from "../model";
import type { EngineOptions } from "../options";
import type { UploadRecords } from "../records";
import { UploadEngine } from "../upload-engine";
import { FakeServer } from "./fake-server";
import { eventually, Network, VirtualClock } from "./virtual-clock";

/** An engine with its surroundings: the server, the network, the time. */
export class Bench {
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly server: FakeServer;
  readonly engine: UploadEngine;
  readonly stored: string[] = [];

  constructor(options: Partial<EngineOptions> & { clock?: VirtualClock; api?: UploadApi } = {}) {
    this.clock = options.clock ?? new VirtualClock();
    this.network = new Network();
    this.server = options.api instanceof FakeServer ? options.api : new FakeServer(this.clock);
    this.engine = new UploadEngine({
      ownerId: "owner",
      api: this.server,
      digests: { sha256: sha256OfBlob },
      records: null,
      locks: new LocalLocks(),
      connectivity: this.network,
      random: () => 0.5,
      onStored: (photoId) => this.stored.push(photoId),
      ...options,
      clock: this.clock,
    });
  }

  async add(...files: readonly (FileSource | FoundFile)[]): Promise<void> {
    const found = files.map((file) => ("source" in file ? file : { source: file, sidecar: null }));
    await this.engine.add([found]);
  }

  items(): UploadItem[] {
    const { ids } = this.engine.getSnapshot();
    return ids.flatMap((id) => this.engine.item(id) ?? []);
  }

  /** The only file, or that of the name. */
  item(name?: string): UploadItem {
    const item = this.items().find((each) => name === undefined || each.name === name);
    if (item === undefined) throw new Error(`There is no file ${name ?? ""}`);
    return item;
  }

  phases(): Phase[] {
    return this.items().map(({ phase }) => phase);
  }

  /** Wait until all files are in these phases, in their order. */
  async until(...phases: readonly Phase[]): Promise<void> {
    const expected = phases.join();
    try {
      await this.eventually(() => this.phases().join() === expected);
    } catch (error) {
      throw new Error(`The files are ${this.phases().join()}, not ${expected}.`, { cause: error });
    }
  }

  async eventually(check: () => boolean): Promise<void> {
    await eventually(this.clock, check);
  }
}

/** What several tabs of one browser share. */
export interface Browser {
  readonly clock: VirtualClock;
  readonly api: FakeServer;
  readonly locks: Locks;
  readonly records: UploadRecords;
}

/** A file of the disk, whose content can change. */
export class DiskFile implements FileSource {
  readonly name: string;
  readonly folder: string;
  readonly type = "image/jpeg";
  readonly size: number;
  readonly modified = 1_700_000_000_000;
  readonly handle = null;
  opened = 0;
  #content: string;
  #modified = this.modified;

  constructor(name: string, content: string, folder = "") {
    this.name = name;
    this.folder = folder;
    this.#content = content;
    this.size = content.length;
  }

  write(content: string): void {
    this.#content = content;
    this.#modified += 1000;
  }

  open(): Promise<File> {
    this.opened += 1;
    const options = { lastModified: this.#modified, type: this.type };
    return Promise.resolve(new File([this.#content], this.name, options));
  }
}

export function photo(name: string, content = `the bytes of ${name}`, folder = ""): DiskFile {
  return new DiskFile(name, content, folder);
}
