/** What fingers, pen and mouse do on the stage. */

import { type PointerEvent, type RefObject, useEffect, useRef } from "react";
import type { Zoom } from "./use-zoom";
import { type Pair, type Point, pan, pinch, zoomTo } from "./zoom";

/** How the photos are displaced while a finger drags them. */
export interface Drag extends Point {
  readonly photoId: string;
}

interface Options {
  readonly surface: RefObject<HTMLElement | null>;
  readonly zoom: Zoom;
  readonly onDrag: (by: Point) => void;
  readonly onDragEnd: (by: Point, velocity: Point) => void;
  readonly onTap: () => void;
}

type Kind = "undecided" | "pan" | "swipe" | "pull" | "none";

interface Gesture {
  readonly points: Map<number, Point>;
  kind: Kind;
  start: Point;
  startedAt: number;
  pointerType: string;
  lastTap: { readonly at: number; readonly point: Point } | undefined;
}

/** A finger that moves less is a tap. */
const TAP_PX = 8;
const DOUBLE_TAP_MS = 300;
const DOUBLE_TAP_PX = 40;
/** Zoom by one pixel of a wheel; trackpads send pinches as small steps with Ctrl. */
const WHEEL_ZOOM = 0.002;
const PINCH_ZOOM = 0.01;
const LINE_PX = 16;

export function useGestures({ surface, zoom, onDrag, onDragEnd, onTap }: Options) {
  const gesture = useRef<Gesture>({
    points: new Map(),
    kind: "undecided",
    start: { x: 0, y: 0 },
    startedAt: 0,
    pointerType: "mouse",
    lastTap: undefined,
  });
  const pointOf = (event: { clientX: number; clientY: number }) =>
    fromMiddle(event, surface.current);

  const changeZoom = useRef(zoom.change);
  useEffect(() => {
    changeZoom.current = zoom.change;
  });
  useEffect(() => {
    const element = surface.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
      const speed = event.ctrlKey ? PINCH_ZOOM : WHEEL_ZOOM;
      const factor = Math.exp(-event.deltaY * pixels * speed);
      const around = fromMiddle(event, element);
      changeZoom.current((view, bounds) => zoomTo(view, view.scale * factor, around, bounds));
    };
    // React's own listener is passive, and the page would zoom or scroll too.
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [surface]);

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const state = gesture.current;
    event.currentTarget.setPointerCapture(event.pointerId);
    state.points.set(event.pointerId, pointOf(event));
    state.pointerType = event.pointerType;
    if (state.points.size === 1) {
      state.kind = "undecided";
      state.start = pointOf(event);
      state.startedAt = event.timeStamp;
    } else if (state.kind !== "none") {
      onDragEnd({ x: 0, y: 0 }, { x: 0, y: 0 });
      state.kind = "pan";
    }
  };

  const onPointerMove = (event: PointerEvent) => {
    const state = gesture.current;
    const before = state.points.get(event.pointerId);
    if (before === undefined) return;
    const pair = pairOf(state.points);
    const point = pointOf(event);
    state.points.set(event.pointerId, point);
    const pairNow = pairOf(state.points);
    if (pair !== undefined && pairNow !== undefined) {
      zoom.change((view, bounds) => pinch(view, pair, pairNow, bounds));
      return;
    }
    const total = difference(point, state.start);
    if (state.kind === "undecided" && Math.hypot(total.x, total.y) > TAP_PX) {
      state.kind = kindOf(total, zoom.isWhole, event.pointerType);
    }
    if (state.kind === "pan") {
      const by = difference(point, before);
      zoom.change((view, bounds) => pan(view, by, bounds));
    } else if (state.kind === "swipe") onDrag({ x: total.x, y: 0 });
    else if (state.kind === "pull") onDrag({ x: 0, y: Math.max(0, total.y) });
  };

  const onPointerUp = (event: PointerEvent) => {
    const state = gesture.current;
    if (!state.points.delete(event.pointerId) || state.points.size > 0) return;
    const total = difference(pointOf(event), state.start);
    const duration = Math.max(1, event.timeStamp - state.startedAt);
    const velocity = { x: total.x / duration, y: total.y / duration };
    if (state.kind === "swipe") onDragEnd({ x: total.x, y: 0 }, velocity);
    else if (state.kind === "pull") onDragEnd({ x: 0, y: total.y }, velocity);
    else if (state.kind === "undecided" && event.pointerType !== "mouse") tap(event);
  };

  /** Browsers report no double click where they do not zoom by themselves. */
  const tap = (event: PointerEvent) => {
    const state = gesture.current;
    const point = pointOf(event);
    const last = state.lastTap;
    onTap();
    if (last && event.timeStamp - last.at < DOUBLE_TAP_MS && isNear(last.point, point)) {
      state.lastTap = undefined;
      zoom.toggle(point);
    } else state.lastTap = { at: event.timeStamp, point };
  };

  const onPointerCancel = (event: PointerEvent) => {
    gesture.current.points.delete(event.pointerId);
    onDragEnd({ x: 0, y: 0 }, { x: 0, y: 0 });
  };

  const onDoubleClick = (event: { clientX: number; clientY: number }) => {
    // Double taps are handled above, also in browsers that report them.
    if (gesture.current.pointerType === "mouse") zoom.toggle(pointOf(event));
  };

  return { onPointerDown, onPointerMove, onPointerUp, onPointerCancel, onDoubleClick };
}

function kindOf(total: Point, isWhole: boolean, pointerType: string): Kind {
  if (!isWhole) return "pan";
  if (pointerType === "mouse") return "none";
  if (Math.abs(total.x) >= Math.abs(total.y)) return "swipe";
  return total.y > 0 ? "pull" : "none";
}

function fromMiddle(event: { clientX: number; clientY: number }, element: Element | null): Point {
  const box = element?.getBoundingClientRect() ?? new DOMRect();
  return {
    x: event.clientX - box.left - box.width / 2,
    y: event.clientY - box.top - box.height / 2,
  };
}

function pairOf(points: ReadonlyMap<number, Point>): Pair | undefined {
  const [first, second] = [...points.values()];
  return first !== undefined && second !== undefined ? [first, second] : undefined;
}

function difference(a: Point, b: Point): Point {
  return { x: a.x - b.x, y: a.y - b.y };
}

function isNear(a: Point, b: Point): boolean {
  return Math.hypot(a.x - b.x, a.y - b.y) < DOUBLE_TAP_PX;
}
