import { expect, test } from "vitest";
import { FileUnreadable } from "./api-port";
import { LARGEST_WHOLE, sha256OfBlob } from "./digests";

const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const never = new AbortController().signal;
const ignore = () => undefined;

test("the digest is SHA-256 in lower-case hexadecimal", async () => {
  expect(await sha256OfBlob(new Blob([]), ignore, never)).toBe(EMPTY);
  expect(await sha256OfBlob(new Blob(["abc"]), ignore, never)).toBe(ABC);
});

test("a large file is read in chunks, to the same digest, with progress", async () => {
  const bytes = new Uint8Array(LARGEST_WHOLE + 12_345).map((_, index) => index % 251);
  const expected = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const progress: number[] = [];
  const digest = await sha256OfBlob(new Blob([bytes]), (read) => progress.push(read), never);
  expect(digest).toBe(Array.from(expected, (b) => b.toString(16).padStart(2, "0")).join(""));
  expect(progress).toHaveLength(17);
  expect(progress.at(-1)).toBe(bytes.length);
}, 60_000);

test("an abort ends the reading", async () => {
  const controller = new AbortController();
  controller.abort(new Error("Enough."));
  await expect(sha256OfBlob(new Blob(["abc"]), ignore, controller.signal)).rejects.toThrow(
    "Enough.",
  );
});

test("a file that is gone is said to be unreadable", async () => {
  class Gone extends Blob {
    override arrayBuffer(): Promise<ArrayBuffer> {
      return Promise.reject(new DOMException("It is gone.", "NotFoundError"));
    }
  }
  const digest = sha256OfBlob(new Gone(["abc"]), ignore, never);
  await expect(digest).rejects.toBeInstanceOf(FileUnreadable);
});
