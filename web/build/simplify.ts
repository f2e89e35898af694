/** Lines of a topology with fewer points; what shares a line still shares it afterwards. */

import type { Topology } from "topojson-specification";

type Position = readonly [x: number, y: number];

/** A ring has four, of which the last is the first. */
const LEAST_RING_POINTS = 4;

/** Drop the points of each arc that are within `tolerance` degrees of the line without them. */
export function simplify(topology: Topology, tolerance: number): void {
  const [width, height] = topology.transform?.scale ?? [1, 1];
  topology.arcs = topology.arcs.map((arc) => {
    const steps = absolute(arc);
    const points = steps.map(([x, y]): Position => [x * width, y * height]);
    const indices = importantPoints(points, tolerance);
    return relative(indices.map((index) => steps[index] ?? [0, 0]));
  });
}

/** Return the indices of the points that Douglas and Peucker's method leaves. */
function importantPoints(points: readonly Position[], tolerance: number): number[] {
  const last = points.length - 1;
  const important = new Set([0, last]);
  const sections: [from: number, to: number][] = [[0, last]];
  const isRing = String(points[0]) === String(points[last]);
  for (let section = sections.pop(); section !== undefined; section = sections.pop()) {
    const [from, to] = section;
    const { index, distance } = farthest(points, from, to);
    const isTooSmall = isRing && important.size < LEAST_RING_POINTS;
    if (index === undefined || (distance <= tolerance && !isTooSmall)) continue;
    important.add(index);
    sections.push([from, index], [index, to]);
  }
  return [...important].sort((one, other) => one - other);
}

function farthest(points: readonly Position[], from: number, to: number) {
  let index: number | undefined;
  let distance = 0;
  for (let each = from + 1; each < to; each += 1) {
    const there = distanceToLine(points[each], points[from], points[to]);
    if (index === undefined || there > distance) [index, distance] = [each, there];
  }
  return { index, distance };
}

function distanceToLine(
  [x, y]: Position = [0, 0],
  [fromX, fromY]: Position = [0, 0],
  [toX, toY]: Position = [0, 0],
): number {
  const length = Math.hypot(toX - fromX, toY - fromY);
  if (length === 0) return Math.hypot(x - fromX, y - fromY);
  return Math.abs((toX - fromX) * (fromY - y) - (fromX - x) * (toY - fromY)) / length;
}

/** The points of an arc after the first are differences from the one before. */
function absolute(arc: readonly number[][]): Position[] {
  let [x, y] = [0, 0];
  return arc.map(([dx = 0, dy = 0]) => {
    [x, y] = [x + dx, y + dy];
    return [x, y];
  });
}

function relative(points: readonly Position[]): [number, number][] {
  let [x, y] = [0, 0];
  return points.map(([toX, toY]) => {
    const step: [number, number] = [toX - x, toY - y];
    [x, y] = [toX, toY];
    return step;
  });
}
