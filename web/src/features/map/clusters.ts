/** Clusters of photos on a map: what one does, and which is beside another. */

import type { components } from "@/api/schema";
import type { Bbox } from "./bbox";

export type Cluster = Omit<components["schemas"]["Cluster"], "bbox"> & {
  readonly bbox: readonly number[];
};

export type ClusterAction =
  | { readonly type: "open"; readonly photoId: string }
  | { readonly type: "zoom"; readonly bbox: Bbox }
  | { readonly type: "list"; readonly bbox: Bbox };

export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Direction = "up" | "down" | "left" | "right";

export const MOST_ZOOM = 18;
/** Some ten metres: photos so near each other stay one cluster at any zoom. */
const LEAST_SIZE = 0.0001;

/** Return what happens when a cluster is pressed. */
export function actionOf(cluster: Cluster, zoom: number): ClusterAction {
  if (cluster.count === 1 && cluster.cover) return { type: "open", photoId: cluster.cover.id };
  const bbox = bboxOf(cluster);
  const size = Math.max(bbox.east - bbox.west, bbox.north - bbox.south);
  return { type: size < LEAST_SIZE || zoom >= MOST_ZOOM - 0.5 ? "list" : "zoom", bbox };
}

/** Return the box of a cluster's photos, which a search with rounded numbers still has inside. */
function bboxOf({ bbox: [west = 0, south = 0, east = 0, north = 0] }: Cluster): Bbox {
  const margin = LEAST_SIZE / 10;
  return {
    west: Math.max(west - margin, -180),
    south: Math.max(south - margin, -90),
    east: Math.min(east + margin, 180),
    north: Math.min(north + margin, 90),
  };
}

/** Return the box around all clusters, undefined where there are none. */
export function bboxAround(clusters: readonly Cluster[]): Bbox | undefined {
  if (clusters.length === 0) return undefined;
  const boxes = clusters.map(bboxOf);
  return {
    west: Math.min(...boxes.map(({ west }) => west)),
    south: Math.min(...boxes.map(({ south }) => south)),
    east: Math.max(...boxes.map(({ east }) => east)),
    north: Math.max(...boxes.map(({ north }) => north)),
  };
}

/**
 * Return the index of the point that is next in a direction, undefined where there is none.
 *
 * What is aside counts twice, so that "right" prefers a point farther right over one far below.
 */
export function nextPoint(
  points: readonly Point[],
  from: number,
  direction: Direction,
): number | undefined {
  const start = points[from];
  if (start === undefined) return undefined;
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [index, point] of points.entries()) {
    const { ahead, aside } = offsets(start, point, direction);
    const distance = ahead + 2 * aside;
    if (index === from || ahead <= 0 || aside > 2 * ahead || distance >= least) continue;
    least = distance;
    best = index;
  }
  return best;
}

function offsets(start: Point, point: Point, direction: Direction) {
  const x = point.x - start.x;
  const y = point.y - start.y;
  if (direction === "left" || direction === "right") {
    return { ahead: direction === "left" ? -x : x, aside: Math.abs(y) };
  }
  return { ahead: direction === "up" ? -y : y, aside: Math.abs(x) };
}

/** Return which cluster stands for an earlier one after another zoom: the one that has its place. */
export function clusterAt(
  clusters: readonly Cluster[],
  { lat, lon }: Pick<Cluster, "lat" | "lon">,
): number {
  const distances = clusters.map((each) => (each.lat - lat) ** 2 + (each.lon - lon) ** 2);
  return distances.indexOf(Math.min(...distances));
}
