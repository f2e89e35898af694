/** The selection of a list that comes in pages. */

import { useRef, useState } from "react";

export interface ListSelection {
  /** Those that are loaded. */
  readonly ids: ReadonlySet<string>;
  /** Where all of the list are selected, loaded or not: those that are not. */
  readonly excluded: ReadonlySet<string> | undefined;
  readonly toggle: (id: string, extend: boolean) => void;
  /** Select all of the list; photos that are loaded later are selected too. */
  readonly selectAll: () => void;
  readonly clear: () => void;
}

const NONE: ReadonlySet<string> = new Set();

interface State {
  /** Whether all are selected but `ids`. */
  readonly inverted?: boolean;
  readonly ids: ReadonlySet<string>;
  /** The photo clicked last, and what was selected before a range was made from it. */
  readonly origin?: { readonly id: string; readonly before: ReadonlySet<string> };
}

/** Clears the selection of the grid that has one: a page with several grids has one toolbar. */
let clearCurrent: (() => void) | undefined;

export function useListSelection(ids: readonly string[]): ListSelection {
  const [state, setState] = useState<State>({ ids: NONE });
  const clear = useRef(() => setState({ ids: NONE })).current;
  const begin = () => {
    if (clearCurrent !== clear) clearCurrent?.();
    clearCurrent = clear;
  };
  const inverted = state.inverted === true;
  return {
    // Photos may have left the list meanwhile.
    ids: new Set(ids.filter((id) => inverted !== state.ids.has(id))),
    excluded: inverted ? state.ids : undefined,
    toggle: (id, extend) => {
      begin();
      setState((before) => (extend && extended(before, ids, id)) || toggled(before, id));
    },
    selectAll: () => {
      begin();
      setState({ ids: NONE, inverted: true });
    },
    clear,
  };
}

function toggled({ ids: before, inverted = false }: State, id: string): State {
  const ids = new Set(before);
  if (!ids.delete(id)) ids.add(id);
  return { ids, inverted, origin: { id, before: ids } };
}

/** Return the selection with a range from the origin; undefined where there is none. */
export function extended(state: State, ids: readonly string[], id: string): State | undefined {
  const { origin, inverted = false } = state;
  if (origin === undefined) return undefined;
  const [one, other] = [ids.indexOf(origin.id), ids.indexOf(id)];
  if (one < 0 || other < 0) return undefined;
  const next = new Set(origin.before);
  const lists = origin.before.has(origin.id);
  for (const each of ids.slice(Math.min(one, other), Math.max(one, other) + 1)) {
    if (lists) next.add(each);
    else next.delete(each);
  }
  return { ids: next, inverted, origin };
}
