import fc from "fast-check";
import { expect, test } from "vitest";
import { EventParser, type ServerEvent } from "./event-parser";

const STREAM = [
  "retry: 2000\n\n",
  'id: 5.a\nevent: photo.changed\ndata: {"id":"a"}\n\n',
  ": still here\n\n",
  "event: photo.progress\r\ndata: one\r\ndata: two\r\n\r\n",
].join("");

function parseInParts(
  text: string,
  cuts: readonly number[],
): [readonly ServerEvent[], EventParser] {
  const parser = new EventParser();
  const ends = [...new Set(cuts.map((cut) => cut % text.length))].sort((a, b) => a - b);
  const events: ServerEvent[] = [];
  let start = 0;
  for (const end of [...ends, text.length]) {
    events.push(...parser.push(text.slice(start, end)));
    start = end;
  }
  return [events, parser];
}

test("events are the same wherever the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), (cuts) => {
      const [events, parser] = parseInParts(STREAM, cuts);
      expect(events).toEqual([
        { name: "photo.changed", data: '{"id":"a"}' },
        { name: "photo.progress", data: "one\ntwo" },
      ]);
      expect(parser.lastId).toBe("5.a");
      expect(parser.retryMs).toBe(2000);
    }),
  );
});

test("an event that has not ended is not there yet", () => {
  const parser = new EventParser();
  expect(parser.push("data: half\n")).toEqual([]);
  expect(parser.push("\n")).toEqual([{ name: "message", data: "half" }]);
});
