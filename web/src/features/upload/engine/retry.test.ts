import { expect, test } from "vitest";
import { ApiProblem, Unreachable } from "./api-port";
import type { Waiting } from "./model";
import { Retrier } from "./retry";
import { Network, turn, VirtualClock } from "./testing/virtual-clock";

function setUp(random = 0.5) {
  const clock = new VirtualClock();
  const network = new Network();
  const retrier = new Retrier(clock, network, () => random);
  const waits: (Waiting | null)[] = [];
  const controller = new AbortController();
  const onWaiting = (waiting: Waiting | null) => waits.push(waiting);
  const options = { signal: controller.signal, onWaiting };
  return { clock, network, retrier, waits, controller, options };
}

/** Fail with these in turn, then succeed; the calls are counted. */
function failing(...errors: readonly Error[]) {
  const left = [...errors];
  const attempt = () => {
    attempt.calls += 1;
    const error = left.shift();
    return error === undefined ? Promise.resolve("done") : Promise.reject(error);
  };
  attempt.calls = 0;
  return attempt;
}

const lost = new Unreachable("No answer.");

test("the backoff doubles, with jitter, up to half a minute", async () => {
  const { clock, retrier, waits, options } = setUp(1);
  const start = clock.now();
  const result = retrier.run(failing(...Array.from({ length: 9 }, () => lost)), options);
  const delays: number[] = [];
  for (let index = 0; index < 9; index += 1) {
    await turn();
    const before = clock.now();
    clock.advanceToNext();
    delays.push(clock.now() - before);
  }
  expect(await result).toBe("done");
  expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  expect(waits[0]).toEqual({ reason: "unreachable", until: start + 500 });
  expect(waits.at(-1)).toBeNull();
});

test("clients that failed together do not come back together", async () => {
  const moments = await Promise.all(
    [0, 0.5, 1].map(async (random) => {
      const { clock, retrier, options } = setUp(random);
      const start = clock.now();
      const result = retrier.run(failing(lost), options);
      await turn();
      clock.advanceToNext();
      await result;
      return clock.now() - start;
    }),
  );
  expect(moments).toEqual([250, 375, 500]);
});

test("what the server refuses for good is not sent again", async () => {
  const { retrier, options } = setUp();
  const attempt = failing(new ApiProblem(415, "unsupported_media_type", "No picture."));
  await expect(retrier.run(attempt, options)).rejects.toThrow("No picture.");
  expect(attempt.calls).toBe(1);
});

test("a fault of the server is tried six times", async () => {
  const { clock, retrier, options } = setUp();
  const fault = new ApiProblem(500, "internal_error", "A fault.");
  const attempt = failing(...Array.from({ length: 9 }, () => fault));
  const result = expect(retrier.run(attempt, options)).rejects.toThrow("A fault.");
  for (let index = 0; index < 6; index += 1) {
    await turn();
    clock.advanceToNext();
  }
  await result;
  expect(attempt.calls).toBe(6);
});

test("a gateway without routes is an outage, a service's 404 is none", async () => {
  const { clock, retrier, options } = setUp();
  const result = retrier.run(failing(new ApiProblem(404, "http_404", "404")), options);
  await turn();
  clock.advanceToNext();
  expect(await result).toBe("done");
  const missing = failing(new ApiProblem(404, "not_found", "Nothing is there."));
  await expect(retrier.run(missing, options)).rejects.toThrow("Nothing is there.");
});

test("the network's return ends the waiting at once", async () => {
  const { network, retrier, waits, options } = setUp();
  network.set(false);
  const result = retrier.run(failing(lost), options);
  await turn();
  expect(waits).toEqual([{ reason: "offline", until: null }]);
  network.set(true);
  expect(await result).toBe("done");
});

test("a browser that is wrong about the network keeps nobody waiting for ever", async () => {
  const { clock, network, retrier, options } = setUp();
  network.set(false);
  const result = retrier.run(failing(lost), options);
  await turn();
  clock.advanceToNext();
  expect(await result).toBe("done");
});

test("an abort ends the waiting with its reason", async () => {
  const { retrier, controller, options } = setUp();
  const result = expect(retrier.run(failing(lost), options)).rejects.toThrow("Enough.");
  await turn();
  controller.abort(new Error("Enough."));
  await result;
});

test("Retry-After is kept, and a gate keeps others from asking before", async () => {
  const { clock, retrier, waits, options } = setUp();
  const start = clock.now();
  const gate = { opensAt: 0 };
  const limited = new ApiProblem(429, "upload_rate_exceeded", "Too many.", 7000);
  const first = retrier.run(failing(limited), { ...options, gate });
  await turn();
  const later = failing();
  const second = retrier.run(later, { ...options, gate });
  await turn();
  expect(later.calls).toBe(0);
  expect(waits.at(-1)).toEqual({ reason: "rate_limited", until: start + 7250 });
  clock.advance(7250);
  expect(await Promise.all([first, second])).toEqual(["done", "done"]);
});
