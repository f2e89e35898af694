/** A month as it is shown while changes of its photos are on their way. */

import { isShown, type PendingChanges } from "@/features/photos/pending-changes";
import { type MonthColumns, withPhotosAt } from "./month-columns";

interface Shown {
  readonly pending: PendingChanges;
  readonly columns: MonthColumns;
}

const shownMonths = new WeakMap<MonthColumns, Shown>();

/** Return the month with the changes, the same object for the same ones. */
export function withPendingChanges(columns: MonthColumns, pending: PendingChanges): MonthColumns {
  const before = shownMonths.get(columns);
  if (before?.pending === pending) return before.columns;
  const changed = applyChanges(columns, pending);
  const same = before !== undefined && isSame(before.columns, changed);
  const shown = same ? before.columns : changed;
  shownMonths.set(columns, { pending, columns: shown });
  return shown;
}

function applyChanges(columns: MonthColumns, pending: PendingChanges): MonthColumns {
  if (pending.size === 0 || !columns.id.some((id) => pending.has(id))) return columns;
  const indices = [...columns.id.keys()].filter((index) =>
    isShown(pending, columns.id[index] ?? ""),
  );
  const shown = indices.length === columns.id.length ? columns : withPhotosAt(columns, indices);
  const favorite = shown.id.map(
    (id, index) => pending.get(id)?.favorite ?? shown.favorite[index] ?? false,
  );
  return { ...shown, favorite };
}

function isSame(one: MonthColumns, other: MonthColumns): boolean {
  return (
    one.id.length === other.id.length &&
    one.id.every(
      (id, index) => id === other.id[index] && one.favorite[index] === other.favorite[index],
    )
  );
}
