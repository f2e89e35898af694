/** The selection of a list whose photos are loaded. */

import { useRef, useState } from "react";

export interface ListSelection {
  readonly ids: ReadonlySet<string>;
  readonly toggle: (id: string, extend: boolean) => void;
  readonly selectAll: () => void;
  readonly clear: () => void;
}

const NONE: ReadonlySet<string> = new Set();

interface State {
  readonly ids: ReadonlySet<string>;
  /** The photo clicked last, and what was selected before a range was made from it. */
  readonly origin?: { readonly id: string; readonly before: ReadonlySet<string> };
}

/** Clears the selection of the grid that has one: a page with several grids has one toolbar. */
let clearCurrent: (() => void) | undefined;

export function useListSelection(ids: readonly string[]): ListSelection {
  const [state, setState] = useState<State>({ ids: NONE });
  const clear = useRef(() => setState({ ids: NONE })).current;
  const listed = new Set(ids);
  const begin = () => {
    if (clearCurrent !== clear) clearCurrent?.();
    clearCurrent = clear;
  };
  return {
    // Photos may have left the list meanwhile.
    ids: new Set([...state.ids].filter((id) => listed.has(id))),
    toggle: (id, extend) => {
      begin();
      setState((before) => (extend && extended(before, ids, id)) || toggled(before, id));
    },
    selectAll: () => {
      begin();
      setState({ ids: listed });
    },
    clear,
  };
}

function toggled({ ids: before }: State, id: string): State {
  const ids = new Set(before);
  if (!ids.delete(id)) ids.add(id);
  return { ids, origin: { id, before: ids } };
}

/** Return the selection with a range from the origin; undefined where there is none. */
export function extended(state: State, ids: readonly string[], id: string): State | undefined {
  const { origin } = state;
  if (origin === undefined) return undefined;
  const [one, other] = [ids.indexOf(origin.id), ids.indexOf(id)];
  if (one < 0 || other < 0) return undefined;
  const next = new Set(origin.before);
  const selects = origin.before.has(origin.id);
  for (const each of ids.slice(Math.min(one, other), Math.max(one, other) + 1)) {
    if (selects) next.add(each);
    else next.delete(each);
  }
  return { ids: next, origin };
}
