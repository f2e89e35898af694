import fc from "fast-check";
import { expect, test } from "vitest";
import { isFinal, newItem, PHASES } from "./model";
import { VirtualClock } from "./testing/virtual-clock";
import { UploadStore } from "./upload-store";

function setUp(count: number, size = 100) {
  const clock = new VirtualClock();
  const state = { online: true, signedOut: false, persistent: true, usage: null };
  const store = new UploadStore(clock, state);
  for (let index = 0; index < count; index += 1) {
    const id = String(index);
    store.add(newItem({ id, name: id, folder: "", size, modified: 0, decision: null }));
  }
  return { clock, store };
}

test("a thousand changes notify once, and the snapshot is the same until then", () => {
  const { clock, store } = setUp(1000);
  clock.advance(100);
  let notifications = 0;
  store.subscribe(() => {
    notifications += 1;
  });
  const before = store.getSnapshot();
  const row = store.item("5");
  for (let index = 0; index < 1000; index += 1) store.dispatch(String(index), { type: "pause" });
  expect(store.getSnapshot()).toBe(before);
  expect(store.item("5")).toBe(row);
  clock.advance(100);
  expect(notifications).toBe(1);
  expect(store.getSnapshot().counts.paused).toBe(1000);
  expect(store.getSnapshot().ids).toBe(before.ids);
  expect(store.item("5")?.phase).toBe("paused");
});

test("a row that did not change stays the same object", () => {
  const { clock, store } = setUp(2);
  clock.advance(100);
  const [first, second] = [store.item("0"), store.item("1")];
  store.dispatch("0", { type: "pause" });
  clock.advance(100);
  expect(store.item("0")).not.toBe(first);
  expect(store.item("1")).toBe(second);
});

test("totals are those of the files, whatever happened", () => {
  const anyEvent = fc.record({
    file: fc.nat({ max: 4 }),
    event: fc.constantFrom(
      { type: "hash_started" as const },
      { type: "digest" as const, digest: "1" },
      { type: "check_started" as const },
      { type: "new_bytes" as const },
      { type: "duplicate" as const, photoId: "1" },
      { type: "decided" as const, decision: "skip" as const },
      { type: "upload_started" as const },
      { type: "opened" as const, uploadId: "1", photoId: "1" },
      { type: "sent" as const, bytes: 70 },
      { type: "receipt" as const, receipt: { photoId: "1", duplicateOf: null } },
      { type: "failed" as const, problem: { code: "c", message: "m" } },
      { type: "cancel" as const },
      { type: "cancelled" as const },
    ),
  });
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      const { store } = setUp(5);
      for (const { file, event } of events) store.dispatch(String(file), event);
      store.publish();
      const items = [...store.all()];
      const counted = items.filter(({ phase }) => phase !== "failed" && phase !== "cancelled");
      const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);
      const { counts, bytesTotal, bytesDone } = store.getSnapshot();
      const done = counted.map((item) => (isFinal(item.phase) ? item.size : item.bytesSent));
      return (
        PHASES.every((phase) => counts[phase] === items.filter((i) => i.phase === phase).length) &&
        bytesTotal === sum(counted.map(({ size }) => size)) &&
        bytesDone === sum(done)
      );
    }),
    { numRuns: 300 },
  );
});

test("speed and remaining time follow the bytes of the last seconds", () => {
  const { clock, store } = setUp(1, 10_000);
  store.dispatch("0", { type: "hash_started" });
  store.dispatch("0", { type: "digest", digest: "1" });
  store.dispatch("0", { type: "new_bytes" });
  store.dispatch("0", { type: "upload_started" });
  store.dispatch("0", { type: "opened", uploadId: "1", photoId: "1" });
  for (let second = 1; second <= 4; second += 1) {
    store.transferred(1000);
    store.dispatch("0", { type: "sent", bytes: second * 1000 });
    clock.advance(1000);
  }
  store.publish();
  const { bytesPerSecond, secondsLeft } = store.getSnapshot();
  expect(bytesPerSecond).toBe(1000);
  expect(secondsLeft).toBe(6);
});

test("a queue of 50,000 files takes one publication for each interval", () => {
  const { clock, store } = setUp(50_000);
  let notifications = 0;
  store.subscribe(() => {
    notifications += 1;
  });
  clock.advance(100);
  expect(notifications).toBe(1);
  expect(store.getSnapshot().ids.length).toBe(50_000);
  expect(store.getSnapshot().bytesTotal).toBe(5_000_000);
});
