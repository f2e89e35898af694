import fc from "fast-check";
import { expect, test } from "vitest";
import { canCancel, canPause, isFinal, newItem, type UploadItem } from "./model";
import { transition, type UploadEvent } from "./transitions";

const SIZE = 100;

const fresh = newItem({
  id: "a",
  name: "a.jpg",
  folder: "",
  size: SIZE,
  modified: 1,
  decision: null,
});

const bytes = fc.integer({ min: -10, max: 2 * SIZE });
const id = fc.constantFrom("1", "2", "3");
const problem = fc.constant({ code: "unexpected", message: "It broke." });

function only<T extends UploadEvent["type"]>(type: T): fc.Arbitrary<{ type: T }> {
  return fc.constant({ type });
}

const anyEvent: fc.Arbitrary<UploadEvent> = fc.oneof(
  only("hash_started"),
  fc.record({ type: fc.constant("hashed" as const), bytes }),
  fc.record({ type: fc.constant("digest" as const), digest: id }),
  only("check_started"),
  only("new_bytes"),
  fc.record({ type: fc.constant("duplicate" as const), photoId: id }),
  fc.record({
    type: fc.constant("decided" as const),
    decision: fc.constantFrom("skip" as const, "keep" as const, "replace" as const),
  }),
  fc.record({ type: fc.constant("skipped" as const), photoId: id }),
  only("upload_started"),
  fc.record({ type: fc.constant("opened" as const), uploadId: id, photoId: id }),
  fc.record({ type: fc.constant("sent" as const), bytes }),
  fc.constant({ type: "sent" as const, bytes: SIZE }),
  only("session_lost"),
  only("complete_started"),
  only("parts_lost"),
  fc.record({
    type: fc.constant("receipt" as const),
    receipt: fc.record({ photoId: id, duplicateOf: fc.option(id, { nil: null }) }),
  }),
  fc.record({ type: fc.constant("failed" as const), problem }),
  fc.record({ type: fc.constant("noted" as const), note: problem }),
  fc.record({
    type: fc.constant("waiting" as const),
    waiting: fc.option(
      fc.record({ reason: fc.constant("offline" as const), until: fc.constant(null) }),
      { nil: null },
    ),
  }),
  only("interrupted"),
  only("pause"),
  only("resume"),
  only("retry"),
  only("cancel"),
  only("cancelled"),
  fc.record({
    type: fc.constant("file_changed" as const),
    size: fc.integer({ min: 1, max: SIZE }),
    modified: fc.nat(),
  }),
  fc.record({ type: fc.constant("file_missing" as const), hasHandle: fc.boolean() }),
  only("file_present"),
);

/** The way of a file that meets no obstacle, into which the other events are mixed. */
const SMOOTH: readonly UploadEvent[] = [
  { type: "hash_started" },
  { type: "hashed", bytes: 50 },
  { type: "digest", digest: "1" },
  { type: "check_started" },
  { type: "new_bytes" },
  { type: "upload_started" },
  { type: "opened", uploadId: "1", photoId: "1" },
  { type: "sent", bytes: 60 },
  { type: "sent", bytes: SIZE },
  { type: "complete_started" },
  { type: "receipt", receipt: { photoId: "1", duplicateOf: null } },
];

const anyHistory = fc.oneof(
  fc.array(anyEvent, { maxLength: 60 }),
  // Mostly smooth, so that the later phases are reached in most runs.
  fc
    .array(fc.array(anyEvent, { maxLength: 2 }), {
      minLength: SMOOTH.length,
      maxLength: SMOOTH.length,
    })
    .map((between) => SMOOTH.flatMap((event, index) => [event, ...(between[index] ?? [])])),
);

/** Check what holds of every step of every history. */
function always(holds: (before: UploadItem, after: UploadItem, event: UploadEvent) => boolean) {
  const property = fc.property(anyHistory, (events) => {
    let item = fresh;
    return events.every((event) => {
      const before = item;
      item = transition(before, event);
      return holds(before, item, event);
    });
  });
  fc.assert(property, { numRuns: 1000 });
}

test("a file is stored if and only if there is a receipt, whatever happens in which order", () => {
  always((before, after, event) => {
    const becomesStored = after.phase === "stored" && before.phase !== "stored";
    const proven = (after.phase === "stored") === (after.receipt !== null);
    return proven && (!becomesStored || event.type === "receipt");
  });
});

test("nothing changes a file that is stored, skipped or cancelled", () => {
  always((before, after) => !isFinal(before.phase) || after === before);
});

test("progress never falls within a session, nor exceeds the size", () => {
  always((before, after) => {
    const hashesOn = before.phase === "hashing" && after.phase === "hashing";
    return (
      after.bytesSent >= 0 &&
      after.bytesSent <= after.size &&
      after.bytesHashed <= after.size &&
      (after.uploadId !== before.uploadId || after.bytesSent >= before.bytesSent) &&
      (!hashesOn || after.bytesHashed >= before.bytesHashed)
    );
  });
});

test("nothing is sent without a digest, and nothing completed before all is sent", () => {
  always((_, after) => {
    const sent = after.uploadId !== null && after.bytesSent === after.size;
    return (
      (after.phase !== "uploading" || after.digest !== null) &&
      (after.phase !== "completing" || sent)
    );
  });
});

test("a session belongs to one digest", () => {
  always((before, after) => {
    const same = before.uploadId !== null && before.uploadId === after.uploadId;
    return !same || after.digest === before.digest;
  });
});

test("a failed file has a problem and no other has one", () => {
  always((_, after) => (after.phase === "failed") === (after.problem !== null));
});

test("a duplicate names the photo that has its bytes, and has no session", () => {
  always((_, after) => {
    const duplicate = after.phase === "duplicate" || after.phase === "skipped";
    return !duplicate || (after.photoId !== null && after.uploadId === null);
  });
});

test("what can be paused or cancelled does so at once", () => {
  always((before) => {
    const paused = transition(before, { type: "pause" }).phase === "paused";
    const { phase } = transition(before, { type: "cancel" });
    const cancelled = phase === "cancelling" || phase === "cancelled";
    return (!canPause(before.phase) || paused) && (!canCancel(before.phase) || cancelled);
  });
});

test("a file with a session is not cancelled before the server was told", () => {
  always((before, after, event) => {
    const atOnce = event.type === "cancel" && after !== before && after.phase === "cancelled";
    return !atOnce || before.uploadId === null;
  });
});

test("an event that does not apply returns the same object", () => {
  expect(transition(fresh, { type: "sent", bytes: 5 })).toBe(fresh);
  expect(transition(fresh, { type: "waiting", waiting: null })).toBe(fresh);
});

test("the smooth way ends with the receipt", () => {
  const end = SMOOTH.reduce(transition, fresh);
  expect(end.phase).toBe("stored");
  expect(end.receipt).toEqual({ photoId: "1", duplicateOf: null });
  expect(end.bytesSent).toBe(SIZE);
});
