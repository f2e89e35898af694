import { afterEach, expect, test } from "vitest";
import { Bench, photo } from "./testing/bench";
import { inOrder, Latch, refused, unreachable } from "./testing/faults";

let bench = new Bench();

afterEach(async () => {
  await bench.engine.stop();
});

function start(...options: ConstructorParameters<typeof Bench>): Bench {
  bench = new Bench(...options);
  return bench;
}

test("a refused file fails with code and words, and succeeds when it is tried again", async () => {
  const { engine, server } = start();
  server.fault = inOrder("open", refused(415, "unsupported_media_type"));
  await bench.add(photo("a.txt"));
  await bench.until("failed");
  const { problem } = bench.item();
  expect(problem).toEqual({
    code: "unsupported_media_type",
    message: "It is unsupported_media_type.",
  });
  engine.retry(bench.item().id);
  await bench.until("stored");
  expect(bench.item().problem).toBeNull();
});

test("parts that storage lost are sent again, and only those", async () => {
  const { server } = start();
  server.fault = (call) => {
    if (call === "complete" && server.count("complete") === 1) server.lose("upload-1", 2);
    return null;
  };
  await bench.add(photo("a.jpg", "three parts of bytes"));
  await bench.until("stored");
  expect(server.arrivals.get("upload-1")).toHaveLength(4);
  expect(server.photos).toHaveLength(1);
});

test("a session that the server gave up is begun anew", async () => {
  const { server } = start();
  server.fault = (call) => {
    if (call === "complete" && server.count("complete") === 1) server.expire("upload-1");
    return null;
  };
  await bench.add(photo("a.jpg"));
  await bench.until("stored");
  expect(bench.item().uploadId).toBe("upload-2");
});

test("an expired URL is signed again", async () => {
  const { server } = start();
  server.urlLifetime = 70_000;
  server.fault = (call) => {
    if (call === "putPart" && server.count("putPart") === 1) bench.clock.advance(80_000);
    return null;
  };
  await bench.add(photo("a.jpg", "one part"));
  await bench.until("stored");
  expect(server.count("signParts")).toBe(1);
});

test("offline is said and waited out", async () => {
  const { server, network, engine } = start();
  server.fault = () => (network.online() ? null : unreachable());
  network.set(false);
  await bench.add(photo("a.jpg"));
  await bench.eventually(() => bench.items()[0]?.waiting?.reason === "offline");
  expect(engine.getSnapshot().online).toBe(false);
  network.set(true);
  await bench.until("stored");
  expect(engine.getSnapshot().online).toBe(true);
});

test("an outage of any length is waited out", async () => {
  const { server } = start();
  let outage = true;
  server.fault = () => (outage ? refused(503, "unavailable") : null);
  await bench.add(photo("a.jpg"));
  await bench.eventually(() => server.calls.length > 12);
  expect(bench.item().waiting?.reason).toBe("unavailable");
  outage = false;
  await bench.until("stored");
});

test("a rate limit holds all announcements until the time the server says", async () => {
  const { server, clock } = start();
  server.fault = inOrder("open", refused(429, "too_many_open_uploads", 60_000));
  const before = clock.now();
  await bench.add(photo("a.jpg"), photo("b.jpg"), photo("c.jpg"));
  await bench.eventually(() => bench.items().some((item) => item.waiting !== null));
  expect(bench.items().find((item) => item.waiting)?.waiting?.reason).toBe("rate_limited");
  await bench.until("stored", "stored", "stored");
  expect(clock.now() - before).toBeGreaterThanOrEqual(60_000);
  expect(server.count("open")).toBeLessThanOrEqual(6);
});

test("the end of the user's session fails no file, and signing in goes on", async () => {
  const { server, engine } = start();
  let signedOut = true;
  server.fault = (call) => (signedOut && call === "open" ? refused(401, "unauthorized") : null);
  await bench.add(photo("a.jpg"), photo("b.jpg"));
  await bench.eventually(() => engine.getSnapshot().signedOut);
  await bench.until("queued", "queued");
  signedOut = false;
  engine.signedIn();
  await bench.until("stored", "stored");
  expect(engine.getSnapshot().signedOut).toBe(false);
});

test("what does not fit into the quota is refused before it is announced", async () => {
  const { server, engine } = start();
  server.usageNow = { bytesUsed: 90, bytesReserved: 0, quotaBytes: 100, maxFileBytes: 50 };
  await engine.restore();
  await bench.eventually(() => engine.getSnapshot().quota !== null);
  await bench.add(photo("a.jpg", "more than ten bytes"), photo("b.jpg", "fits"));
  await bench.until("failed", "stored");
  expect(bench.item("a.jpg").problem?.code).toBe("quota_exceeded");
  expect(server.count("open")).toBe(1);
});

test("what is empty or too large is not even read", async () => {
  const { server, engine } = start();
  server.usageNow = { ...server.usageNow, maxFileBytes: 5 };
  await engine.restore();
  await bench.eventually(() => engine.getSnapshot().quota !== null);
  await bench.add(photo("a.jpg", ""), photo("b.jpg", "six by"));
  await bench.until("failed", "failed");
  expect(bench.items().map(({ problem }) => problem?.code)).toEqual([
    "empty_file",
    "file_too_large",
  ]);
  expect(server.count("check")).toBe(0);
});

test("a file that changes on the disk is hashed again and sent as it is", async () => {
  const { server } = start();
  const file = photo("a.jpg", "before");
  const latch = new Latch();
  server.hold = (call) => (call === "check" ? latch.opened : Promise.resolve());
  await bench.add(file);
  await bench.until("checking");
  file.write("afterwards");
  latch.open();
  await bench.until("stored");
  expect(bench.item().size).toBe(10);
  expect(server.photos[0]?.sha256).toBe(bench.item().digest);
});

test("a sidecar goes with its photo; one that is refused leaves a note", async () => {
  const { server, engine } = start();
  await engine.add([
    [
      { source: photo("a.jpg"), sidecar: photo("a.xmp", "<x/>") },
      { source: photo("b.jpg"), sidecar: photo("b.xmp", "no XML") },
    ],
  ]);
  await bench.until("stored", "stored");
  expect(server.photos.find(({ filename }) => filename === "a.jpg")?.sidecar).toBe("<x/>");
  expect(bench.item("a.jpg").note).toBeNull();
  expect(bench.item("b.jpg").note?.code).toBe("invalid_sidecar");
});

test("rows of files that are done are cleared, the others stay", async () => {
  const { engine, server } = start();
  server.fault = inOrder("open", refused(415, "unsupported_media_type"));
  await bench.add(photo("a.jpg"));
  await bench.until("failed");
  await bench.add(photo("b.jpg"));
  await bench.until("failed", "stored");
  engine.clear();
  await bench.until("failed");
});
