import fc from "fast-check";
import { expect, test } from "vitest";
import { isFinal, type Phase, type UploadItem } from "./model";
import { Bench, photo } from "./testing/bench";
import { type Call, type Fault, refused, unreachable } from "./testing/faults";
import { turn } from "./testing/virtual-clock";

const CALLS: readonly Call[] = [
  "check",
  "open",
  "inspect",
  "signParts",
  "putPart",
  "attachSidecar",
  "complete",
  "cancel",
  "usage",
];

/** What a server, its gateway and a network do to a request. All of it passes. */
const anyFault: fc.Arbitrary<Fault | "lose" | "expire"> = fc.oneof(
  fc.constant(unreachable("before")),
  fc.constant(unreachable("after")),
  fc.constant(refused(503, "unavailable")),
  fc.constant(refused(500, "internal_error")),
  fc.constant(refused(429, "too_many_requests", 2000)),
  fc.constant("lose" as const),
  fc.constant("expire" as const),
);

const anyAction = fc.record({
  /** How many turns of the event loop pass before. */
  turns: fc.nat({ max: 12 }),
  file: fc.nat({ max: 5 }),
  action: fc.constantFrom("pause", "resume", "cancel", "retry", "signOut", "keep", "replace"),
});

const anyHistory = fc.record({
  contents: fc.array(
    fc.constantFrom("one", "another", "one of two parts", "one of three parts, it"),
    {
      minLength: 1,
      maxLength: 6,
    },
  ),
  faults: fc.array(
    fc.record({ call: fc.constantFrom(...CALLS), nth: fc.nat({ max: 6 }), fault: anyFault }),
    { maxLength: 10 },
  ),
  actions: fc.array(anyAction, { maxLength: 10 }),
});

type History = typeof anyHistory extends fc.Arbitrary<infer T> ? T : never;

class Play {
  readonly bench = new Bench();
  readonly #faults: History["faults"];
  readonly #seen = new Map<string, UploadItem>();
  readonly violations: string[] = [];
  #signedOut = false;

  constructor({ faults }: History) {
    this.#faults = faults;
    this.bench.server.fault = (call) => this.#fault(call);
    this.bench.engine.subscribe(() => this.#watch());
  }

  act({ action, file }: History["actions"][number]): void {
    const { engine } = this.bench;
    const id = engine.getSnapshot().ids[file];
    if (action === "signOut") this.#signedOut = true;
    else if (id === undefined) return;
    else if (action === "keep" || action === "replace") engine.decide(id, action);
    else engine[action](id);
  }

  /** Let everything come to its end. */
  async finish(): Promise<void> {
    const { engine } = this.bench;
    await this.bench.eventually(() => {
      if (engine.getSnapshot().signedOut || this.#signedOut) {
        this.#signedOut = false;
        engine.signedIn();
      }
      engine.resumeAll();
      engine.retryAll();
      engine.decideAll("skip");
      return this.bench.items().length > 0 && this.bench.phases().every(isFinal);
    });
  }

  #fault(call: Call): Fault | null {
    if (this.#signedOut && call !== "putPart") return refused(401, "unauthorized");
    const { server } = this.bench;
    const nth = server.count(call) - 1;
    const fault = this.#faults.find((each) => each.call === call && each.nth === nth)?.fault;
    if (fault !== "lose" && fault !== "expire") return fault ?? null;
    for (const upload of server.uploads.values()) {
      if (upload.state !== "open") continue;
      if (fault === "lose") server.lose(upload.id, 1);
      else server.expire(upload.id);
    }
    return null;
  }

  #watch(): void {
    const { photos } = this.bench.server;
    for (const item of this.bench.items()) {
      const before = this.#seen.get(item.id);
      this.#seen.set(item.id, item);
      const known = photos.some(({ photoId }) => photoId === item.photoId);
      if (item.phase === "stored" && !known) this.violations.push("stored without a photo");
      if (before === undefined) continue;
      const sameSession = before.uploadId === item.uploadId;
      if (sameSession && item.bytesSent < before.bytesSent) this.violations.push("progress fell");
      if (isFinal(before.phase) && before !== item) this.violations.push("changed when final");
    }
  }
}

/** How many photos of the same bytes there may be: one, and one for each file kept on purpose. */
function mostPhotos(items: readonly UploadItem[], digest: string): number {
  const stored = items.filter((item) => item.digest === digest && item.phase === "stored");
  const kept = stored.filter(({ decision }) => decision === "keep");
  return Math.min(stored.length, 1 + kept.length);
}

test("whatever fails and people do, each file ends, and nothing is stored twice", async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, async (history) => {
      const play = new Play(history);
      const { bench } = play;
      await bench.add(...history.contents.map((content, index) => photo(`${index}.jpg`, content)));
      for (const action of history.actions) {
        for (let turns = 0; turns < action.turns; turns += 1) await turn();
        bench.clock.advance(100);
        play.act(action);
      }
      await play.finish();
      const { photos, uploads } = bench.server;
      const items = bench.items();
      for (const { sha256 } of photos) {
        const same = photos.filter((each) => each.sha256 === sha256);
        expect(same.length).toBeLessThanOrEqual(mostPhotos(items, sha256));
      }
      const open: Phase[] = items.flatMap(({ uploadId, phase }) =>
        uploads.get(uploadId ?? "")?.state === "open" ? [phase] : [],
      );
      expect(open).toEqual([]);
      expect(play.violations).toEqual([]);
      expect(new Set(bench.stored)).toEqual(new Set(photos.map(({ photoId }) => photoId)));
      await bench.engine.stop();
    }),
    { numRuns: 60 },
  );
}, 60_000);
