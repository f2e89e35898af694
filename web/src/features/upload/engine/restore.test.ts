import { IDBFactory } from "fake-indexeddb";
import { afterEach, expect, test } from "vitest";
import type { KeptHandle } from "./file-source";
import { LocalLocks } from "./locks";
import { openUploadRecords, type UploadRecord, type UploadRecords } from "./records";
import { Bench, type DiskFile, photo } from "./testing/bench";
import { FakeServer } from "./testing/fake-server";
import { Latch } from "./testing/faults";
import { VirtualClock } from "./testing/virtual-clock";

const FOUR_PARTS = "four parts of eight bytes each..";

let tabs: Bench[] = [];

afterEach(async () => {
  for (const tab of tabs) await tab.engine.stop();
  tabs = [];
});

interface Browser {
  readonly clock: VirtualClock;
  readonly api: FakeServer;
  readonly locks: LocalLocks;
  readonly factory: IDBFactory;
}

function newBrowser(): Browser {
  const clock = new VirtualClock();
  return { clock, api: new FakeServer(clock), locks: new LocalLocks(), factory: new IDBFactory() };
}

async function openTab(browser: Browser, records?: UploadRecords): Promise<Bench> {
  const { clock, api, locks, factory } = browser;
  const opened = records ?? (await openUploadRecords("owner", factory));
  const tab = new Bench({ clock, api, locks, records: opened, limits: { partsPerFile: 1 } });
  await tab.engine.restore();
  tabs.push(tab);
  return tab;
}

/** Close a tab as a browser does: what is on its way ends, and nothing is told. */
async function close(tab: Bench): Promise<void> {
  await tab.engine.stop();
  tabs = tabs.filter((each) => each !== tab);
}

/** Close a tab when two of four parts of a file have arrived. */
async function closeHalfway(browser: Browser, file: DiskFile): Promise<void> {
  const tab = await openTab(browser);
  const { api } = browser;
  api.hold = (call) =>
    call === "putPart" && api.count("putPart") === 3 ? new Latch().opened : Promise.resolve();
  await tab.add(file);
  await tab.eventually(() => api.count("putPart") === 3);
  await close(tab);
  api.hold = () => Promise.resolve();
}

test("a file of a closed tab waits to be chosen again, then sends what storage lacks", async () => {
  const browser = newBrowser();
  await closeHalfway(browser, photo("a.jpg", FOUR_PARTS));
  const tab = await openTab(browser);
  expect(tab.phases()).toEqual(["needs_file"]);
  await tab.add(photo("a.jpg", FOUR_PARTS));
  await tab.until("stored");
  expect(browser.api.arrivals.get("upload-1")).toEqual([1, 2, 3, 4]);
  expect(browser.api.count("open")).toBe(1);
});

test("a file chosen again under another name is known by its digest", async () => {
  const browser = newBrowser();
  await closeHalfway(browser, photo("a.jpg", FOUR_PARTS));
  const tab = await openTab(browser);
  await tab.add(photo("renamed.jpg", FOUR_PARTS));
  await tab.until("stored");
  expect(tab.item().name).toBe("renamed.jpg");
  expect(browser.api.arrivals.get("upload-1")).toEqual([1, 2, 3, 4]);
});

test("a file that only looks the same is not put together with the old one's parts", async () => {
  const browser = newBrowser();
  await closeHalfway(browser, photo("a.jpg", FOUR_PARTS));
  const tab = await openTab(browser);
  await tab.add(photo("a.jpg", "as long as that but another one."));
  await tab.until("stored");
  const { uploads, photos } = browser.api;
  await tab.eventually(() => uploads.get("upload-1")?.state === "cancelled");
  expect(photos.map(({ sha256 }) => sha256)).toEqual([tab.item().digest]);
});

test("a file whose last answer was lost with its tab is stored without being chosen", async () => {
  const browser = newBrowser();
  const { api } = browser;
  const tab = await openTab(browser);
  api.hold = (call) => (call === "complete" ? new Latch().opened : Promise.resolve());
  await tab.add(photo("a.jpg", FOUR_PARTS));
  await tab.until("completing");
  await close(tab);
  api.hold = () => Promise.resolve();
  const next = await openTab(browser);
  await next.until("stored");
  expect(next.item().receipt?.photoId).toBe("photo-1");
});

test("nothing is left of a file that is done", async () => {
  const browser = newBrowser();
  const tab = await openTab(browser);
  await tab.add(photo("a.jpg"));
  await tab.until("stored");
  await close(tab);
  const records = await openUploadRecords("owner", browser.factory);
  expect(await records.all()).toEqual([]);
});

test("paused stays paused and failed stays failed, with its reason", async () => {
  const browser = newBrowser();
  const tab = await openTab(browser);
  browser.api.hold = (call) => (call === "check" ? new Latch().opened : Promise.resolve());
  await tab.add(photo("a.jpg"), photo("b.jpg", ""));
  await tab.until("checking", "failed");
  tab.engine.pauseAll();
  await tab.until("paused", "failed");
  await close(tab);
  const next = await openTab(browser);
  await next.until("paused", "failed");
  expect(next.item("b.jpg").problem?.code).toBe("empty_file");
  next.engine.resume(next.item("a.jpg").id);
  await next.until("needs_file", "failed");
});

test("a cancellation that did not reach the server is made up for", async () => {
  const browser = newBrowser();
  const { api } = browser;
  const tab = await openTab(browser);
  api.hold = (call) =>
    call === "putPart" || call === "cancel" ? new Latch().opened : Promise.resolve();
  await tab.add(photo("a.jpg"));
  await tab.until("uploading");
  await tab.eventually(() => api.count("putPart") > 0);
  tab.engine.cancel(tab.item().id);
  await tab.until("cancelling");
  await close(tab);
  api.hold = () => Promise.resolve();
  const next = await openTab(browser);
  await next.until("cancelled");
  expect(api.uploads.get("upload-1")?.state).toBe("cancelled");
});

test("two tabs share what a closed one left, and each file goes to one of them", async () => {
  const browser = newBrowser();
  const closed = await openTab(browser);
  browser.api.hold = (call) => (call === "check" ? new Latch().opened : Promise.resolve());
  await closed.add(photo("a.jpg"), photo("b.jpg"));
  await closed.until("checking", "checking");
  await close(closed);
  const [one, other] = await Promise.all([openTab(browser), openTab(browser)]);
  expect([...one.items(), ...other.items()]).toHaveLength(2);
});

test("a tab takes nothing from one that is open", async () => {
  const browser = newBrowser();
  const open = await openTab(browser);
  browser.api.hold = (call) => (call === "check" ? new Latch().opened : Promise.resolve());
  await open.add(photo("a.jpg"));
  await open.until("checking");
  const other = await openTab(browser);
  expect(other.items()).toEqual([]);
});

test("the same file in two tabs is sent by one of them", async () => {
  const browser = newBrowser();
  const [one, other] = [await openTab(browser), await openTab(browser)];
  const latch = new Latch();
  browser.api.hold = (call) => (call === "putPart" ? latch.opened : Promise.resolve());
  await one.add(photo("a.jpg"));
  await one.until("uploading");
  await other.add(photo("a.jpg"));
  await other.eventually(() => other.items()[0]?.waiting?.reason === "same_bytes");
  latch.open();
  await one.until("stored");
  await other.until("duplicate");
  expect(browser.api.uploads.size).toBe(1);
  expect(browser.api.photos).toHaveLength(1);
});

/** Records of a browser with file handles, which fake-indexeddb cannot clone. */
class RecordsWithHandles implements UploadRecords {
  readonly #records = new Map<string, UploadRecord>();

  all(): Promise<readonly UploadRecord[]> {
    return Promise.resolve([...this.#records.values()]);
  }

  write(changes: ReadonlyMap<string, UploadRecord | null>): Promise<void> {
    for (const [id, record] of changes) {
      if (record === null) this.#records.delete(id);
      else this.#records.set(id, record);
    }
    return Promise.resolve();
  }

  close(): void {
    this.#records.clear();
  }
}

function withHandle(file: DiskFile, permission: { state: PermissionState }) {
  const handle = {
    kind: "file",
    name: file.name,
    getFile: () => file.open(),
    queryPermission: () => Promise.resolve(permission.state),
    requestPermission: () => {
      permission.state = "granted";
      return Promise.resolve(permission.state);
    },
  } as unknown as KeptHandle;
  const { name, folder, size, modified, type } = file;
  return { name, folder, size, modified, type, handle, open: () => file.open() };
}

test.each(["granted", "prompt"] as const)(
  "a kept handle goes on when reading is %s",
  async (state) => {
    const browser = newBrowser();
    const records = new RecordsWithHandles();
    const tab = await openTab(browser, records);
    browser.api.hold = (call) => (call === "putPart" ? new Latch().opened : Promise.resolve());
    await tab.add(withHandle(photo("a.jpg", FOUR_PARTS), { state }));
    await tab.until("uploading");
    await tab.eventually(() => browser.api.count("putPart") > 0);
    await close(tab);
    browser.api.hold = () => Promise.resolve();
    const next = await openTab(browser, records);
    if (state === "prompt") {
      await next.until("needs_file");
      expect(next.item().hasHandle).toBe(true);
      await next.engine.allowFiles();
    }
    await next.until("stored");
    expect(browser.api.uploads.size).toBe(1);
  },
);

test("a browser that stores nothing is said, and the files are sent all the same", async () => {
  const full: UploadRecords = {
    all: () => Promise.resolve([]),
    write: () => Promise.reject(new DOMException("The disk is full.", "QuotaExceededError")),
    close: () => undefined,
  };
  const tab = await openTab(newBrowser(), full);
  await tab.add(photo("a.jpg"));
  await tab.until("stored");
  expect(tab.engine.getSnapshot().persistent).toBe(false);
});
