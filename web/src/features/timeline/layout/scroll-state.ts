/**
 * How scrolling of an element, which browsers bound, moves a timeline of any height.
 *
 * Browsers cut elements at 16.7 to 33.5 million pixels, so the scrolled element has at most
 * `MAX_DOM_HEIGHT`. With content height V, element height D and viewport height H, P = V − H is
 * the last position and S = D − H the last `scrollTop`. The state is `scrollTop` s and an
 * offset, and always
 *
 *     position = s + offset,   0 ≤ offset ≤ P − S,
 *
 * so that neither end of the content can be passed. A row at virtual top y is placed at
 * y − offset in the element. As in SlickGrid's paging (`slick.grid.js`, M. Leibman), a small
 * change of s keeps the offset: content moves by the same pixels, at the natural speed. A
 * larger change can only be a drag of the scroll bar or Home and End: it takes the position
 * that belongs to s in proportion. SlickGrid's pages have fixed offsets; here the offset is
 * free, and the proportion is piecewise linear, with an edge E at both ends that is not scaled:
 *
 *     position(s) = s                         for s ≤ E
 *                   E + (s − E) × k           between,  k = (P − 2E) / (S − 2E)
 *                   P − (S − s)               for s ≥ S − E
 *
 * `recentre` brings s back to where position(s) is the position; nothing visible moves. After
 * it, E pixels are left to scroll before s comes to an end that is none of the content, unless
 * that end is the content's own. Content up to `MAX_DOM_HEIGHT` has the offset 0 throughout.
 */

import { clamp } from "./columns";

/**
 * Below 2^23, so that half a pixel is exact in the single precision of compositors, and below
 * the 10 million that the project allows.
 */
export const MAX_DOM_HEIGHT = 8_000_000;

/** E of the formula. */
export const EDGE = 1_000_000;

/** Nearer to an end that is not the content's, scrolling recentres without waiting for rest. */
export const GUARD = 50_000;

/** A scroll event of more pixels, or of more than two viewports, is a jump. */
const MIN_JUMP = 5_000;

export interface ScrollState {
  readonly contentHeight: number;
  readonly viewportHeight: number;
  /** What the element's `scrollTop` is, or has to be set to. */
  readonly scrollTop: number;
  /** An integer. */
  readonly offset: number;
}

/** Return the height of the element in which the timeline is placed. */
export function domHeight(state: Pick<ScrollState, "contentHeight">): number {
  return Math.min(state.contentHeight, MAX_DOM_HEIGHT);
}

/** Return the virtual position of the viewport's top. */
export function scrollPosition(state: ScrollState): number {
  return state.scrollTop + state.offset;
}

/** Return the last position: P of the formula. */
export function lastPosition(state: Pick<ScrollState, "contentHeight" | "viewportHeight">): number {
  return Math.max(0, state.contentHeight - state.viewportHeight);
}

/** Return where in the element something at a virtual top is placed. */
export function domTop(state: ScrollState, virtualTop: number): number {
  return virtualTop - state.offset;
}

/** Return the state at a position, which is bounded to the content. */
export function scrollStateAt(
  contentHeight: number,
  viewportHeight: number,
  position: number,
): ScrollState {
  const heights = { contentHeight, viewportHeight };
  const target = clamp(position, 0, lastPosition(heights));
  const slack = lastPosition(heights) - lastScrollTop(heights);
  const ideal = scrollTopInProportion(heights, target);
  const offset = clamp(Math.round(target - ideal), 0, slack);
  return { ...heights, offset, scrollTop: target - offset };
}

/**
 * Return the state after the element has scrolled.
 *
 * The caller sets the element's `scrollTop` where the state has another one; the event that
 * this causes changes nothing but what the browser rounds. Beyond the ends, as iOS bounces,
 * the content's end stays.
 */
export function applyScroll(state: ScrollState, elementScrollTop: number): ScrollState {
  const last = lastScrollTop(state);
  const scrollTop = clamp(elementScrollTop, 0, last);
  const jump = Math.max(MIN_JUMP, 2 * state.viewportHeight);
  if (Math.abs(scrollTop - state.scrollTop) > jump) {
    // The offset alone changes: a scroll bar that is being dragged must not be set.
    const offset = Math.round(positionInProportion(state, scrollTop) - scrollTop);
    return { ...state, scrollTop, offset: clamp(offset, 0, lastPosition(state) - last) };
  }
  const next = { ...state, scrollTop };
  const falseStart = scrollTop < GUARD && state.offset > 0;
  const falseEnd = scrollTop > last - GUARD && state.offset < lastPosition(state) - last;
  return falseStart || falseEnd ? recentre(next) : next;
}

/** Return the state at another position, as the scrubber asks. */
export function jumpTo(state: ScrollState, position: number): ScrollState {
  return scrollStateAt(state.contentHeight, state.viewportHeight, position);
}

/** Return the same position with room to scroll; for when scrolling has ended. */
export function recentre(state: ScrollState): ScrollState {
  return jumpTo(state, scrollPosition(state));
}

/**
 * Return the state for other heights at a position, as an anchor gives it.
 *
 * `scrollTop` stays where the offset can take the difference, so that a momentum of the
 * browser goes on.
 */
export function resizeScroll(
  state: ScrollState,
  contentHeight: number,
  viewportHeight: number,
  position: number,
): ScrollState {
  const target = scrollStateAt(contentHeight, viewportHeight, position);
  const offset = scrollPosition(target) - state.scrollTop;
  const last = lastScrollTop(target);
  const slack = lastPosition(target) - last;
  const fits = Number.isInteger(offset) && offset >= 0 && offset <= slack;
  if (!fits || state.scrollTop > last) return target;
  return applyScroll({ ...target, offset, scrollTop: state.scrollTop }, state.scrollTop);
}

/** S of the formula. */
function lastScrollTop(heights: Pick<ScrollState, "contentHeight" | "viewportHeight">): number {
  return Math.max(0, domHeight(heights) - heights.viewportHeight);
}

function positionInProportion(state: ScrollState, scrollTop: number): number {
  const last = lastPosition(state);
  const lastTop = lastScrollTop(state);
  if (last === lastTop || scrollTop <= EDGE) return scrollTop;
  if (scrollTop >= lastTop - EDGE) return last - (lastTop - scrollTop);
  return EDGE + (scrollTop - EDGE) * ((last - 2 * EDGE) / (lastTop - 2 * EDGE));
}

function scrollTopInProportion(
  heights: Pick<ScrollState, "contentHeight" | "viewportHeight">,
  position: number,
): number {
  const last = lastPosition(heights);
  const lastTop = lastScrollTop(heights);
  if (last === lastTop || position <= EDGE) return position;
  if (position >= last - EDGE) return lastTop - (last - position);
  return EDGE + (position - EDGE) * ((lastTop - 2 * EDGE) / (last - 2 * EDGE));
}
