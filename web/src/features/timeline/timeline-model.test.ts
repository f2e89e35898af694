import { expect, test } from "vitest";
import { positionOfDate, type SliceClock } from "./layout";
import type { MonthColumns } from "./month-columns";
import { type ScrollPort, TimelineModel } from "./timeline-model";

const CLOCK: SliceClock = { now: () => 0, pause: async () => undefined };
const COUNT = 300;
const MONTHS = Array.from({ length: 60 }, (_, index) => {
  const [year, month] = [2026 - Math.floor(index / 12), 12 - (index % 12)];
  return { month: `${year}-${String(month).padStart(2, "0")}`, count: COUNT };
});
const SECONDS_PER_DAY = 86_400;

/** Ten photos a day, the latest first. */
function columnsOf(month: string): MonthColumns {
  const ids = Array.from({ length: COUNT }, (_, index) => `${month}/${index}`);
  const nulls = ids.map(() => null);
  return {
    month,
    count: COUNT,
    version: "v",
    id: ids,
    name: ids,
    status: ids.map(() => "ready" as const),
    aspect_ratio: ids.map((_, index) => (index % 3 === 0 ? 0.75 : 1.5)),
    blurhash: nulls,
    second: ids.map((_, index) => Math.floor((COUNT - 1 - index) / 11) * SECONDS_PER_DAY),
    offset: nulls,
    favorite: ids.map(() => false),
    duration: nulls,
    thumbnail_templates: [],
    thumbnail_template: nulls,
    thumbnail_key: nulls,
    thumbnail_signature: nulls,
  };
}

class Element implements ScrollPort {
  scrollTop = 0;
  scrollTo = (top: number): void => {
    this.scrollTop = top;
  };
}

async function shownTimeline() {
  const element = new Element();
  const model = new TimelineModel(element, CLOCK);
  model.subscribe(() => model.placeScroll());
  await model.setSize(1200, 700);
  model.setBuckets(MONTHS);
  return { element, model };
}

async function loadVisible(model: TimelineModel): Promise<void> {
  for (const each of model.view().visible) {
    if (each.kind === "skeleton") await model.setMonth(columnsOf(each.month));
  }
}

/** The distance of a photo from the top of the view. */
function distanceOf(model: TimelineModel, month: string, photo: number): number {
  const { timeline } = model.view();
  const index = timeline.months.findIndex((each) => each.month === month);
  const loaded = timeline.months[index];
  if (loaded?.kind !== "loaded") throw new Error(`${month} is not loaded`);
  const row = loaded.layout.rowPhoto.findLastIndex((first) => first <= photo);
  return (timeline.tops[index] ?? 0) + (loaded.layout.rowTop[row] ?? 0) - model.position();
}

test("the date that was jumped to stays at the top while its months are loaded", async () => {
  const { element, model } = await shownTimeline();
  const date = "2023-06-17";
  model.jumpTo(positionOfDate(model.view().timeline, date), date);
  await loadVisible(model);
  await loadVisible(model);

  expect(model.position()).toBe(positionOfDate(model.view().timeline, date));
  expect(element.scrollTop).toBe(model.view().scroll.scrollTop);
});

test("what is in view stays where it is when a month above is loaded", async () => {
  const { model } = await shownTimeline();
  model.jumpTo(positionOfDate(model.view().timeline, "2023-06-17"));
  await loadVisible(model);
  const before = distanceOf(model, "2023-06", 150);
  await model.setMonth(columnsOf("2025-01"));

  expect(distanceOf(model, "2023-06", 150)).toBe(before);
});

test("little scrolling renders nothing anew, and more does", async () => {
  const { element, model } = await shownTimeline();
  let renders = 0;
  model.subscribe(() => {
    renders += 1;
  });
  element.scrollTop = 100;
  model.scrolled();
  expect(renders).toBe(0);
  expect(model.position()).toBe(100);
  element.scrollTop = 500;
  model.scrolled();
  expect(renders).toBe(1);
});

test("an anchor shows the same photo later, whatever is loaded by then", async () => {
  const { model } = await shownTimeline();
  model.jumpTo(positionOfDate(model.view().timeline, "2024-03-10"));
  await loadVisible(model);
  const anchor = model.anchor();
  if (anchor?.kind !== "photo") throw new Error("nothing is in view");

  const later = new TimelineModel(new Element(), CLOCK, anchor);
  await later.setSize(1200, 700);
  later.setBuckets(MONTHS);
  await later.setMonth(columnsOf(anchor.month));

  expect(distanceOf(later, anchor.month, anchor.photo)).toBe(anchor.distance);
});

test("photos of months far away are let go, and their heights stay", async () => {
  const { model } = await shownTimeline();
  const height = () => model.view().timeline.height;
  const huge = columnsOf("2022-01");
  const factor = Array.from({ length: 250 });
  const repeat = <Value>(column: readonly Value[]) => factor.flatMap(() => [...column]);
  await model.setMonth({
    ...huge,
    id: repeat(huge.id),
    aspect_ratio: repeat(huge.aspect_ratio),
    second: repeat(huge.second).sort((one, other) => other - one),
  });
  const before = height();

  expect(model.view().timeline.months.find(({ month }) => month === "2022-01")?.kind).toBe(
    "estimated",
  );
  expect(model.view().columns.has("2022-01")).toBe(false);
  await model.setSize(1200, 701);
  expect(height()).toBe(before);
});
