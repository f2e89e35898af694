import { expect, test } from "vitest";
import { Reachability } from "./reachability";

/** A platform that is down for some probes, and a clock that stands until it is moved on. */
class FakePlatform {
  readonly pauses: number[] = [];
  readonly #left: boolean[];
  #call: (() => void) | undefined;

  constructor(...answers: boolean[]) {
    this.#left = answers;
  }

  readonly probe = async () => this.#left.shift() ?? true;

  readonly after = (ms: number, call: () => void) => {
    this.pauses.push(ms);
    this.#call = call;
  };

  async moveOn(): Promise<void> {
    await settle();
    this.#call?.();
    await settle();
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

test("one lost request is no outage", async () => {
  const reachability = new Reachability(new FakePlatform(true));
  let changes = 0;
  reachability.subscribe(() => {
    changes += 1;
  });

  reachability.doubt();
  await settle();

  expect(reachability.isReachable).toBe(true);
  expect(changes).toBe(0);
});

test("an outage is asked about, each time later, until it is over", async () => {
  const platform = new FakePlatform(...Array<boolean>(6).fill(false));
  const reachability = new Reachability(platform);
  const states: boolean[] = [];
  reachability.subscribe(() => states.push(reachability.isReachable));

  for (let request = 0; request < 3; request += 1) reachability.doubt();
  for (let pause = 0; pause < 6; pause += 1) await platform.moveOn();

  expect(platform.pauses).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  expect(states).toEqual([false, true]);
});

test("a second outage is noticed as well", async () => {
  const platform = new FakePlatform(false, true, false);
  const reachability = new Reachability(platform);

  reachability.doubt();
  await platform.moveOn();
  expect(reachability.isReachable).toBe(true);
  reachability.doubt();
  await settle();

  expect(reachability.isReachable).toBe(false);
});
