/** The event stream of the library, connected again for as long as it is wanted. */

import { EventParser, type ServerEvent } from "./event-parser";

export interface EventStreamPort {
  /** Like `fetch`; rejects where there is no response. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Resolve after some milliseconds, or as soon as the network is back. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Abort the signal that is returned when `touch` was not called for some milliseconds. */
  readonly watch: (ms: number) => { readonly signal: AbortSignal; readonly touch: () => void };
}

const URL = "/api/v1/events";
const RETRY_MS = 2_000;
const MOST_RETRY_MS = 60_000;
const MS_PER_SECOND = 1000;
/** The server sends a heartbeat every 15 seconds. */
const SILENCE_MS = 40_000;

/**
 * Call `onEvent` with each event until the signal is aborted.
 *
 * A stream that has ended is opened again with the id of its last event, so that no change is
 * missed; failures in a row are waited for longer each time.
 */
export async function followEvents(
  port: EventStreamPort,
  onEvent: (event: ServerEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const parser = { lastId: "", retryMs: RETRY_MS };
  let failures = 0;
  while (!signal.aborted) {
    const outcome = await readStream(port, parser, onEvent, signal);
    if (signal.aborted) return;
    // An access token lasts for minutes; the stream ends with it, and goes on with the next.
    failures = outcome.hadEvents ? 0 : failures + 1;
    const growing = Math.min(parser.retryMs * 2 ** Math.max(0, failures - 1), MOST_RETRY_MS);
    await port.wait(outcome.retryAfterMs ?? growing, signal);
  }
}

interface Outcome {
  readonly hadEvents: boolean;
  readonly retryAfterMs?: number;
}

async function readStream(
  port: EventStreamPort,
  state: { lastId: string; retryMs: number },
  onEvent: (event: ServerEvent) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const parser = new EventParser();
  const silence = port.watch(SILENCE_MS);
  let hadEvents = false;
  try {
    const headers: HeadersInit = { Accept: "text/event-stream" };
    if (state.lastId !== "") headers["Last-Event-ID"] = state.lastId;
    const response = await port.fetch(URL, {
      headers,
      cache: "no-store",
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok || response.body === null) return toOutcome(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      silence.touch();
      const events = parser.push(value);
      if (parser.lastId !== "") state.lastId = parser.lastId;
      state.retryMs = parser.retryMs ?? state.retryMs;
      for (const event of events) {
        hadEvents = true;
        onEvent(event);
      }
    }
  } catch {
    // Cut off, or not reachable: it is opened again.
  }
  return { hadEvents };
}

function toOutcome(response: Response): Outcome {
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return Number.isFinite(seconds)
    ? { hadEvents: false, retryAfterMs: seconds * MS_PER_SECOND }
    : { hadEvents: false };
}
