import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually, VirtualClock } from "./engine/testing/virtual-clock";
import { type PhotoProgress, PhotoProgresses } from "./photo-progress";

const PROCESSING: PhotoProgress = {
  status: "processing",
  step: "decode",
  retrying: false,
  failure: null,
  thumbnailUrl: null,
};
const READY: PhotoProgress = { ...PROCESSING, status: "ready", step: "store", thumbnailUrl: "/t" };

let clock: VirtualClock;
let answers: Map<string, (PhotoProgress | null | Error)[]>;
let asked: string[];
let settled: string[];
let photos: PhotoProgresses;

beforeEach(() => {
  clock = new VirtualClock();
  answers = new Map();
  [asked, settled] = [[], []];
  const read = (photoId: string) => {
    asked.push(photoId);
    const left = answers.get(photoId) ?? [];
    const answer = left.length > 0 ? (left.shift() ?? null) : READY;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  photos = new PhotoProgresses(read, (photoId) => settled.push(photoId), clock);
});

afterEach(() => photos.stop());

async function until(check: () => boolean): Promise<void> {
  await eventually(clock, check);
}

test("a photo is asked for until it is ready, before the library knows it too", async () => {
  answers.set("a", [null, PROCESSING]);
  photos.follow("a");
  expect(photos.get("a")).toMatchObject({ status: "processing", step: null });

  await until(() => settled.includes("a"));

  expect(asked).toEqual(["a", "a", "a"]);
  expect(photos.get("a")).toEqual(READY);
});

test("a platform that does not answer is asked again", async () => {
  answers.set("a", [new Error("down"), new Error("down")]);
  photos.follow("a");

  await until(() => settled.includes("a"));

  expect(photos.get("a")?.status).toBe("ready");
});

test("of many photos all have their turn, although one is never ready", async () => {
  answers.set("stuck", Array<PhotoProgress>(1000).fill(PROCESSING));
  photos.follow("stuck");
  for (let index = 0; index < 40; index += 1) photos.follow(String(index));

  await until(() => settled.length === 40);

  expect(photos.get("stuck")?.status).toBe("processing");
});

test("listeners are called for changes alone", async () => {
  answers.set("a", Array<PhotoProgress>(5).fill({ ...PROCESSING }));
  let calls = 0;
  photos.subscribe(() => {
    calls += 1;
  });
  photos.follow("a");

  await until(() => settled.includes("a"));

  // Followed, the first step, ready.
  expect(calls).toBe(3);
});

test("a failed photo can be followed anew after another attempt", async () => {
  const failure = { code: "damaged_file", message: "" };
  answers.set("a", [{ ...PROCESSING, status: "failed", failure }, PROCESSING]);
  photos.follow("a");
  await until(() => photos.get("a")?.status === "failed");

  photos.follow("a");

  await until(() => photos.get("a")?.status === "ready");
  expect(settled).toEqual(["a", "a"]);
});
