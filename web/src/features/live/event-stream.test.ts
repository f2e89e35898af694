import { expect, test } from "vitest";
import { type EventStreamPort, followEvents } from "./event-stream";

interface Script {
  readonly port: EventStreamPort;
  readonly lastIds: (string | null)[];
  readonly waits: number[];
}

/** A server that answers one connection after another, and then ends what follows it. */
function serverOf(answers: readonly (() => Response)[], controller: AbortController): Script {
  const lastIds: (string | null)[] = [];
  const waits: number[] = [];
  const left = [...answers];
  return {
    lastIds,
    waits,
    port: {
      fetch: async (_url, init) => {
        lastIds.push(new Headers(init.headers).get("Last-Event-ID"));
        const answer = left.shift();
        if (left.length === 0) controller.abort();
        if (answer === undefined) throw new TypeError("no network");
        return answer();
      },
      wait: async (ms) => {
        waits.push(ms);
      },
      watch: () => ({ signal: new AbortController().signal, touch: () => undefined }),
    },
  };
}

const streamOf = (text: string) => () => new Response(text);
const EMPTY = streamOf("");

test("a stream that ends goes on after its last event", async () => {
  const controller = new AbortController();
  const changed = "id: 7.x\nevent: photo.changed\ndata: {}\n\n";
  const progress = "event: photo.progress\ndata: {}\n\n";
  const { port, lastIds, waits } = serverOf(
    [streamOf(`retry: 500\n\n${changed}${progress}`), streamOf(changed), EMPTY],
    controller,
  );
  const names: string[] = [];

  await followEvents(port, ({ name }) => names.push(name), controller.signal);

  expect(names).toEqual(["photo.changed", "photo.progress", "photo.changed"]);
  expect(lastIds).toEqual([null, "7.x", "7.x"]);
  expect(waits).toEqual([500, 500]);
});

test("failures in a row are waited for longer, and as long as the server says", async () => {
  const controller = new AbortController();
  const down = () => new Response("", { status: 503 });
  const full = () => new Response("", { status: 429, headers: { "Retry-After": "30" } });
  const { port, waits } = serverOf([down, down, down, full, EMPTY], controller);

  await followEvents(port, () => undefined, controller.signal);

  expect(waits).toEqual([2_000, 4_000, 8_000, 30_000]);
});
