import { useState } from "react";
import {
  type Bounds,
  boundsOf,
  clampView,
  type Point,
  pixelScale,
  type Size,
  toggleCloseUp,
  type View,
  WHOLE,
  zoomTo,
} from "./zoom";

/** How much closer one press of a button or key goes. */
const STEP = 1.5;
const MIDDLE: Point = { x: 0, y: 0 };

export interface Zoom {
  readonly view: View;
  readonly bounds: Bounds | undefined;
  /** Whether the whole picture is shown, and whether one can go no closer. */
  readonly isWhole: boolean;
  readonly isClosest: boolean;
  /** Whether the view changed in one step, not with a finger or the wheel. */
  readonly isSmooth: boolean;
  readonly change: (next: (view: View, bounds: Bounds) => View) => void;
  readonly zoomIn: () => void;
  readonly zoomOut: () => void;
  readonly reset: () => void;
  /** Show the original's pixels around a point, or the whole picture again. */
  readonly toggle: (around: Point) => void;
}

/** The view of the open photo; another photo is shown whole. */
export function useZoom(photoId: string, picture: Size | undefined, stage: Size): Zoom {
  const [state, setState] = useState({ photoId, view: WHOLE, isSmooth: false });
  const hasRoom = stage.width > 0 && stage.height > 0;
  const bounds = picture && hasRoom ? boundsOf(picture, stage, devicePixelRatio) : undefined;
  const viewOf = (of: typeof state): View =>
    bounds && of.photoId === photoId ? clampView(of.view, bounds) : WHOLE;
  const view = viewOf(state);
  const update = (next: (view: View, bounds: Bounds) => View, isSmooth: boolean) => {
    if (bounds) setState((now) => ({ photoId, view: next(viewOf(now), bounds), isSmooth }));
  };
  const zoomBy = (factor: number) =>
    update((now, within) => zoomTo(now, now.scale * factor, MIDDLE, within), true);
  return {
    view,
    bounds,
    isWhole: view.scale <= 1,
    isClosest: bounds === undefined || view.scale >= bounds.maxScale,
    isSmooth: state.isSmooth && state.photoId === photoId,
    change: (next) => update(next, false),
    zoomIn: () => zoomBy(STEP),
    zoomOut: () => zoomBy(1 / STEP),
    reset: () => update(() => WHOLE, true),
    toggle: (around) =>
      update((now, within) => {
        const pixelsAt = picture ? pixelScale(picture, within.fitted, devicePixelRatio) : 1;
        return toggleCloseUp(now, around, within, pixelsAt);
      }, true),
  };
}
