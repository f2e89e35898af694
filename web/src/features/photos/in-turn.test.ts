import { expect, test } from "vitest";
import { inTurn } from "./in-turn";

/** Calls that last until they are ended. */
class Calls {
  readonly started: string[] = [];
  readonly #end = new Map<string, { resolve: () => void; reject: () => void }>();

  readonly call = (name: string) => () => {
    this.started.push(name);
    return new Promise<void>((resolve, reject) => {
      this.#end.set(name, { resolve, reject: () => reject(new Error(name)) });
    });
  };

  succeed(name: string): void {
    this.#end.get(name)?.resolve();
  }

  fail(name: string): void {
    this.#end.get(name)?.reject();
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("calls for the same photo go one after another, others side by side", async () => {
  const calls = new Calls();
  void inTurn(["a", "b"], calls.call("restore"));
  const last = inTurn(["b"], calls.call("trash"));
  void inTurn(["c"], calls.call("other"));
  await settled();
  expect(calls.started).toEqual(["restore", "other"]);

  calls.succeed("restore");
  await settled();
  expect(calls.started).toEqual(["restore", "other", "trash"]);
  calls.succeed("trash");
  await last;
});

test("one call fails, and the next goes on", async () => {
  const calls = new Calls();
  const failing = inTurn(["a"], calls.call("first"));
  const next = inTurn(["a"], calls.call("second"));
  await settled();
  calls.fail("first");
  await expect(failing).rejects.toThrow("first");
  await settled();
  calls.succeed("second");
  await next;
});
