/** Reading of typed arrays that hold one number a row, a photo or a month. */

/** The part of a typed array that the layout reads. */
export interface Column {
  readonly length: number;
  readonly [index: number]: number;
}

/** Return the value at an index. Throws `RangeError` outside of the column. */
export function at(column: Column, index: number): number {
  const value = column[index];
  if (value === undefined) throw new RangeError(`index ${index} of ${column.length}`);
  return value;
}

/** Return the item at an index. Throws `RangeError` outside of the list. */
export function itemAt<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new RangeError(`index ${index} of ${items.length}`);
  return item;
}

/**
 * Return the first index from 0 to `length` whose value is accepted, or `length`.
 *
 * `accepts` must be false up to some index and true from there on; it is called
 * O(log `length`) times.
 */
export function firstIndex(length: number, accepts: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (accepts(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Return a number no lower than `low` and no higher than `high`; `low` wins. */
export function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
