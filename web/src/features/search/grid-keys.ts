/** Arrow keys in a grid of photos whose rows are the browser's. */

import type { KeyboardEvent } from "react";

/** Move the focus from a photo's link to that of a neighbour. */
export function moveInGrid(event: KeyboardEvent<HTMLElement>): void {
  const { key, currentTarget, target } = event;
  const links = [
    ...currentTarget.querySelectorAll<HTMLElement>("[role=gridcell] > a:first-of-type"),
  ];
  const at = target instanceof HTMLElement ? links.indexOf(target) : -1;
  if (at === -1 || event.metaKey || event.ctrlKey || event.altKey) return;
  const isLeft = getComputedStyle(currentTarget).direction === "ltr";
  const next =
    key === "ArrowUp" || key === "ArrowDown"
      ? verticalNeighbour(links, at, key === "ArrowUp" ? -1 : 1)
      : links[horizontalIndex(key, at, links.length, isLeft)];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

function horizontalIndex(key: string, at: number, count: number, isLeft: boolean): number {
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (key !== "ArrowLeft" && key !== "ArrowRight") return -1;
  return (key === "ArrowRight") === isLeft ? at + 1 : at - 1;
}

/** Return the link of the next row that is nearest to the middle of this one. */
function verticalNeighbour(
  links: readonly HTMLElement[],
  at: number,
  step: 1 | -1,
): HTMLElement | undefined {
  const from = links[at]?.getBoundingClientRect();
  if (from === undefined) return undefined;
  const middle = from.left + from.width / 2;
  let nearest: HTMLElement | undefined;
  let least = Number.POSITIVE_INFINITY;
  let row: number | undefined;
  for (let index = at + step; index >= 0 && index < links.length; index += step) {
    const link = links[index];
    const box = link?.getBoundingClientRect();
    if (box === undefined || Math.abs(box.top - from.top) < 1) continue;
    row ??= box.top;
    if (Math.abs(box.top - row) >= 1) break;
    const distance = Math.abs(box.left + box.width / 2 - middle);
    if (distance < least) [nearest, least] = [link, distance];
  }
  return nearest;
}
