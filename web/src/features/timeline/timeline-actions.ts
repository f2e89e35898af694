/** What tiles and headings of the timeline do; the same object for as long as it is shown. */

import type { LoadedMonth } from "./layout";

export interface TileRef {
  readonly month: string;
  readonly id: string;
  /** Index in the month. */
  readonly photo: number;
}

export interface TimelineActions {
  readonly open: (tile: TileRef) => void;
  readonly toggle: (tile: TileRef, extend: boolean) => void;
  readonly toggleDay: (month: LoadedMonth, section: number) => void;
  /** The tile has the focus, and is where Tab leads to from now on. */
  readonly activate: (tile: TileRef) => void;
}
