import { afterEach, expect, test } from "vitest";
import { Bench, photo } from "./testing/bench";
import { inOrder, Latch, unreachable } from "./testing/faults";

let bench = new Bench();

afterEach(async () => {
  await bench.engine.stop();
});

function start(...options: ConstructorParameters<typeof Bench>): Bench {
  bench = new Bench(...options);
  return bench;
}

test("a file is hashed, checked, sent in parts and stored with its receipt", async () => {
  const { server } = start();
  await bench.add(photo("a.jpg", "twenty bytes of it.."));
  await bench.until("stored");
  const item = bench.item();
  expect(item.receipt).toEqual({ photoId: "photo-1", duplicateOf: null });
  expect(item.bytesSent).toBe(20);
  expect(server.count("check")).toBe(1);
  expect(server.arrivals.get("upload-1")?.sort()).toEqual([1, 2, 3]);
  expect(bench.stored).toEqual(["photo-1"]);
});

test("a file is not stored before the receipt came", async () => {
  const { server } = start();
  const latch = new Latch();
  server.hold = (call) => (call === "complete" ? latch.opened : Promise.resolve());
  await bench.add(photo("a.jpg"));
  await bench.until("completing");
  expect(bench.item().receipt).toBeNull();
  expect(bench.item().bytesSent).toBe(bench.item().size);
  latch.open();
  await bench.until("stored");
});

test("a file that the library has waits for a decision, and skip sends nothing", async () => {
  const { server, engine } = start();
  await bench.add(photo("a.jpg", "same"));
  await bench.until("stored");
  await bench.add(photo("b.jpg", "same"));
  await bench.until("stored", "duplicate");
  expect(bench.item("b.jpg").photoId).toBe("photo-1");
  engine.decide(bench.item("b.jpg").id, "skip");
  await bench.until("stored", "skipped");
  expect(server.count("open")).toBe(1);
});

test("keep makes a second photo, replace revises the first one", async () => {
  const { server, engine } = start();
  await bench.add(photo("a.jpg", "same"));
  await bench.until("stored");
  await bench.add(photo("b.jpg", "same"), photo("c.jpg", "same"));
  await bench.until("stored", "duplicate", "duplicate");
  engine.decide(bench.item("b.jpg").id, "keep");
  await bench.until("stored", "stored", "duplicate");
  engine.decide(bench.item("c.jpg").id, "replace");
  await bench.until("stored", "stored", "stored");
  expect(server.photos.map(({ filename }) => filename)).toEqual(["a.jpg", "b.jpg"]);
  expect(bench.item("c.jpg").photoId).toBe("photo-1");
});

test("the same bytes under two names of one choice are sent once", async () => {
  const { server, engine } = start();
  await engine.add(
    [[photo("a.jpg", "same"), photo("b.jpg", "same")].map((source) => ({ source, sidecar: null }))],
    { onDuplicate: "skip" },
  );
  // Both are hashed at once, and which of them is sent is the one that is ready first.
  await bench.eventually(() => bench.phases().toSorted().join() === "skipped,stored");
  expect(server.photos).toHaveLength(1);
  expect(server.count("putPart")).toBe(1);
});

test("the same file that is added again while it waits gets no second row", async () => {
  start();
  const file = photo("a.jpg");
  await bench.add(file);
  await bench.add(file);
  await bench.until("stored");
  expect(bench.items()).toHaveLength(1);
});

test("of many files, those that are hashed meanwhile are checked by one request", async () => {
  const { server, engine } = start();
  const latch = new Latch();
  server.hold = (call) => (call === "check" ? latch.opened : Promise.resolve());
  const files = Array.from({ length: 100 }, (_, index) => photo(`${index}.jpg`));
  await bench.add(...files);
  await bench.eventually(() => engine.getSnapshot().counts.checking > 20);
  latch.open();
  await bench.eventually(() => engine.getSnapshot().counts.stored === 100);
  expect(Math.max(...server.checked)).toBeGreaterThan(10);
  expect(server.mostPartsInFlight).toBeLessThanOrEqual(4);
  expect(Math.max(...files.map(({ opened }) => opened))).toBeLessThanOrEqual(2);
});

test("a paused file keeps its session and sends only what storage lacks", async () => {
  const { server, engine } = start({ limits: { partsPerFile: 1 } });
  const latch = new Latch();
  server.hold = (call) =>
    call === "putPart" && server.count("putPart") === 3 ? latch.opened : Promise.resolve();
  await bench.add(photo("a.jpg", "four parts of eight bytes each.."));
  await bench.until("uploading");
  await bench.eventually(() => server.count("putPart") === 3);
  engine.pause(bench.item().id);
  await bench.until("paused");
  server.hold = () => Promise.resolve();
  engine.resume(bench.item().id);
  await bench.until("stored");
  expect(server.arrivals.get("upload-1")).toEqual([1, 2, 3, 4]);
  expect(server.count("open")).toBe(1);
});

test("pause and resume of all stop and start every file", async () => {
  const { engine, server } = start();
  server.hold = (call) => (call === "check" ? new Latch().opened : Promise.resolve());
  await bench.add(photo("a.jpg"), photo("b.jpg"));
  engine.pauseAll();
  await bench.until("paused", "paused");
  engine.resumeAll();
  await bench.eventually(() => bench.phases().includes("checking"));
});

test("cancel ends the session on the server", async () => {
  const { engine, server } = start();
  server.hold = (call) => (call === "putPart" ? new Latch().opened : Promise.resolve());
  await bench.add(photo("a.jpg"));
  await bench.until("uploading");
  await bench.eventually(() => server.count("putPart") > 0);
  engine.cancel(bench.item().id);
  await bench.until("cancelled");
  expect(server.uploads.get("upload-1")?.state).toBe("cancelled");
});

test("a session that opens while the file is cancelled is ended too", async () => {
  const { engine, server } = start();
  const latch = new Latch();
  server.hold = (call) => (call === "open" ? latch.opened : Promise.resolve());
  await bench.add(photo("a.jpg"));
  await bench.until("uploading");
  engine.cancel(bench.item().id);
  await bench.until("cancelling");
  latch.open();
  await bench.until("cancelled");
  expect(server.uploads.get("upload-1")?.state).toBe("cancelled");
});

test("a file that is cancelled when its photo exists already is stored", async () => {
  const { engine, server } = start();
  const latch = new Latch();
  server.fault = inOrder("complete", unreachable("after"));
  server.hold = (call) =>
    call === "complete" && server.count("complete") > 1 ? latch.opened : Promise.resolve();
  await bench.add(photo("a.jpg"));
  await bench.eventually(() => server.count("complete") === 2);
  engine.cancel(bench.item().id);
  await bench.until("stored");
  expect(bench.item().receipt?.photoId).toBe("photo-1");
});

test("a lost answer of the completion makes no second photo of a kept file", async () => {
  const { engine, server } = start();
  server.fault = inOrder("complete", unreachable("after"));
  await engine.add([[{ source: photo("a.jpg"), sidecar: null }]], { onDuplicate: "keep" });
  await bench.until("stored");
  expect(server.photos).toHaveLength(1);
});

test("a lost answer of the announcement begins no second session", async () => {
  const { server } = start();
  server.fault = inOrder("open", unreachable("after"), unreachable("after"));
  await bench.add(photo("a.jpg"));
  await bench.until("stored");
  expect(server.uploads.size).toBe(1);
});
