import { expect, test } from "vitest";
import { actionOf, bboxAround, type Cluster, clusterAt, nextPoint } from "./clusters";

const COVER = { id: "1", thumbnail_url: null, blurhash: null, width: null, height: null };

function cluster(change: Partial<Cluster> = {}): Cluster {
  return { lat: 38.7, lon: -9.1, count: 3, bbox: [-9.2, 38.6, -9, 38.8], cover: COVER, ...change };
}

test("a single photo opens", () => {
  const single = cluster({ count: 1, bbox: [-9.1, 38.7, -9.1, 38.7] });
  expect(actionOf(single, 3)).toEqual({ type: "open", photoId: "1" });
});

test("several photos are zoomed in to, with all of them in the box", () => {
  const action = actionOf(cluster(), 3);
  expect(action.type).toBe("zoom");
  if (action.type === "open") return;
  expect(action.bbox.west).toBeLessThan(-9.2);
  expect(action.bbox.north).toBeGreaterThan(38.8);
});

test("photos that no zoom takes apart are listed", () => {
  const spot = cluster({ bbox: [-9.1, 38.7, -9.1, 38.7] });
  expect(actionOf(spot, 3).type).toBe("list");
  expect(actionOf(cluster(), 18).type).toBe("list");
});

test("a single photo without a cover is listed", () => {
  const bare = cluster({ count: 1, cover: null, bbox: [-9.1, 38.7, -9.1, 38.7] });
  expect(actionOf(bare, 3).type).toBe("list");
});

test("the first view has all clusters inside", () => {
  expect(bboxAround([])).toBeUndefined();
  const around = bboxAround([cluster(), cluster({ bbox: [13, 52, 14, 53] })]);
  expect(around?.west).toBeCloseTo(-9.2, 3);
  expect(around?.north).toBeCloseTo(53, 3);
});

//   0   1
//     2
//   3
const POINTS = [
  { x: 0, y: 0 },
  { x: 100, y: 0 },
  { x: 50, y: 40 },
  { x: 0, y: 100 },
];

test("arrow keys go to the next cluster in their direction", () => {
  expect(nextPoint(POINTS, 0, "right")).toBe(1);
  expect(nextPoint(POINTS, 0, "down")).toBe(3);
  expect(nextPoint(POINTS, 3, "up")).toBe(0);
  expect(nextPoint(POINTS, 1, "left")).toBe(0);
  expect(nextPoint(POINTS, 2, "down")).toBe(3);
});

test("arrow keys end where there is no further cluster", () => {
  expect(nextPoint(POINTS, 0, "up")).toBeUndefined();
  expect(nextPoint(POINTS, 0, "left")).toBeUndefined();
  expect(nextPoint([], 0, "left")).toBeUndefined();
});

test("after another zoom the focus is on the cluster at the same place", () => {
  const clusters = [cluster({ lat: 0, lon: 0 }), cluster({ lat: 38, lon: -9 })];
  expect(clusterAt(clusters, { lat: 38.7, lon: -9.1 })).toBe(1);
  expect(clusterAt([], { lat: 0, lon: 0 })).toBe(-1);
});
