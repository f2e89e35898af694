import { expect, test } from "vitest";
import { toProblemError, UnreachableError } from "./problem";
import { Recovery } from "./recovery";

const URL = "https://pichaven.example/api/v1/search?q=ferry";

/** A service with some responses to come, and a clock that stands until it is moved on. */
class FakeService {
  readonly pauses: number[] = [];
  readonly urls: string[] = [];
  readonly #left: (number | Error)[];
  #call: (() => void) | undefined;

  constructor(...responses: (number | Error)[]) {
    this.#left = responses;
  }

  readonly ask = async (url: string) => {
    this.urls.push(url);
    const next = this.#left.shift() ?? 200;
    if (next instanceof Error) throw next;
    return next;
  };

  readonly after = (ms: number, call: () => void) => {
    this.pauses.push(ms);
    this.#call = call;
  };

  async moveOn(): Promise<void> {
    const call = this.#call;
    this.#call = undefined;
    call?.();
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function refusal(status: number, headers: Record<string, string> = {}) {
  const response = new Response(null, { status, headers });
  Object.defineProperty(response, "url", { value: URL });
  return toProblemError(undefined, response);
}

test("what failed is asked about, each time later, until it is answered", async () => {
  const service = new FakeService(503, 502, new UnreachableError(), 504, 429);
  let answers = 0;
  new Recovery(service).wait(refusal(503), () => {
    answers += 1;
  });

  for (let pause = 0; pause < 5; pause += 1) await service.moveOn();
  expect(answers).toBe(0);
  await service.moveOn();
  await service.moveOn();

  expect(answers).toBe(1);
  expect(service.pauses).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  expect(new Set(service.urls)).toEqual(new Set([URL]));
});

test("a service is not asked before the time that it has named", () => {
  const service = new FakeService();
  new Recovery(service).wait(refusal(429, { "Retry-After": "30" }), () => undefined);
  expect(service.pauses).toEqual([30_000]);
});

test("another answer than before is an answer", async () => {
  const service = new FakeService(404);
  let isAnswered = false;
  new Recovery(service).wait(refusal(503), () => {
    isAnswered = true;
  });
  await service.moveOn();
  expect(isAnswered).toBe(true);
});

test.each([refusal(404), refusal(422), refusal(500), new UnreachableError()])(
  "what is no refusal for a while is not asked about: %o",
  (error) => {
    const service = new FakeService();
    new Recovery(service).wait(error, () => undefined);
    expect(service.pauses).toEqual([]);
  },
);

test("nothing is asked any more when the wait is ended", async () => {
  const service = new FakeService(503);
  let isAnswered = false;
  const end = new Recovery(service).wait(refusal(503), () => {
    isAnswered = true;
  });
  await service.moveOn();
  end();
  await service.moveOn();
  expect(service.urls.length).toBe(1);
  expect(isAnswered).toBe(false);
});
