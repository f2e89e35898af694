import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { largeTimeline } from "./arbitraries";
import {
  applyScroll,
  domHeight,
  domTop,
  EDGE,
  GUARD,
  jumpTo,
  lastPosition,
  MAX_DOM_HEIGHT,
  recentre,
  resizeScroll,
  type ScrollState,
  scrollPosition,
  scrollStateAt,
} from "./scroll-state";

const anyHeight = fc.oneof(
  fc.integer({ min: 0, max: 2 * MAX_DOM_HEIGHT }),
  fc.integer({ min: 0, max: 400_000_000 }),
  fc.integer({ min: MAX_DOM_HEIGHT - 10, max: MAX_DOM_HEIGHT + 10 }),
);
const anyViewport = fc.integer({ min: 200, max: 4_000 });
const anyShare = fc.double({ min: 0, max: 1, noNaN: true });

const anyState = fc
  .tuple(anyHeight, anyViewport, anyShare)
  .map(([height, viewport, share]) => scrollStateAt(height, viewport, share * height));

function lastScrollTop(state: ScrollState): number {
  return Math.max(0, domHeight(state) - state.viewportHeight);
}

function expectValid(state: ScrollState): void {
  expect(domHeight(state)).toBeLessThan(10_000_000);
  expect(Number.isInteger(state.offset)).toBe(true);
  expect(state.offset).toBeGreaterThanOrEqual(0);
  expect(state.offset).toBeLessThanOrEqual(lastPosition(state) - lastScrollTop(state));
  expect(state.scrollTop).toBeGreaterThanOrEqual(0);
  expect(state.scrollTop).toBeLessThanOrEqual(lastScrollTop(state));
}

type Move =
  | { readonly kind: "scroll"; readonly by: number }
  | { readonly kind: "jump" | "bar"; readonly share: number }
  | { readonly kind: "rest" }
  | { readonly kind: "resize"; readonly height: number; readonly viewport: number };

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant("scroll" as const), by: fc.integer({ min: -5_000, max: 5_000 }) }),
  fc.record({ kind: fc.constantFrom("jump" as const, "bar" as const), share: anyShare }),
  fc.constant({ kind: "rest" as const }),
  fc.record({ kind: fc.constant("resize" as const), height: anyHeight, viewport: anyViewport }),
);

function move(state: ScrollState, each: Move): ScrollState {
  switch (each.kind) {
    case "scroll":
      return applyScroll(state, state.scrollTop + each.by);
    case "jump":
      return jumpTo(state, each.share * state.contentHeight);
    case "bar":
      return applyScroll(state, each.share * lastScrollTop(state));
    case "rest":
      return recentre(state);
    case "resize":
      return resizeScroll(state, each.height, each.viewport, scrollPosition(state));
  }
}

describe("scrolling", () => {
  it("stays within the content and the element through any moves", () => {
    fc.assert(
      fc.property(anyState, fc.array(anyMove, { maxLength: 40 }), (start, moves) => {
        let state = start;
        expectValid(state);
        for (const each of moves) {
          state = move(state, each);
          expectValid(state);
        }
      }),
    );
  });

  it("moves the content by the pixels scrolled, at any height", () => {
    const anySteps = fc.array(fc.integer({ min: -5_000, max: 5_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(anyState, anySteps, (start, steps) => {
        let state = start;
        for (const by of steps) {
          const position = scrollPosition(state);
          const next = applyScroll(state, state.scrollTop + by);
          const bounded = Math.max(0, Math.min(lastPosition(state), position + by));
          expect(scrollPosition(next)).toBeCloseTo(bounded, 6);
          state = next;
        }
      }),
    );
  });

  it("reaches both ends of the content without a jump", () => {
    const state = scrollStateAt(40_000_000, 1_000, 3_000_000);
    let up = state;
    for (let step = 0; step < 1_000 && scrollPosition(up) > 0; step++) {
      up = applyScroll(up, up.scrollTop - 4_000);
    }
    expect(scrollPosition(up)).toBe(0);
    let down = jumpTo(state, 37_000_000);
    for (let step = 0; step < 1_000 && scrollPosition(down) < 39_999_000; step++) {
      down = applyScroll(down, down.scrollTop + 4_000);
    }
    expect(scrollPosition(down)).toBe(39_999_000);
  });

  it("jumps exactly, with room to scroll on both sides", () => {
    fc.assert(
      fc.property(anyState, anyShare, (state, share) => {
        const position = Math.floor(share * lastPosition(state));
        const there = jumpTo(state, position);
        expect(scrollPosition(there)).toBe(position);
        const above = Math.min(position, EDGE - 1);
        const below = Math.min(lastPosition(state) - position, EDGE - 1);
        expect(there.scrollTop).toBeGreaterThanOrEqual(above);
        expect(lastScrollTop(there) - there.scrollTop).toBeGreaterThanOrEqual(below);
      }),
    );
  });

  it("follows a dragged scroll bar in proportion, and Home and End exactly", () => {
    const state = scrollStateAt(80_000_000, 1_000, 0);
    const last = lastScrollTop(state);
    expect(scrollPosition(applyScroll(state, last))).toBe(79_999_000);
    expect(scrollPosition(applyScroll(applyScroll(state, last), 0))).toBe(0);
    const middle = applyScroll(state, last / 2);
    expect(scrollPosition(middle)).toBeCloseTo(79_999_000 / 2, 0);
    expect(middle.scrollTop).toBe(last / 2);
    fc.assert(
      fc.property(anyState, anyShare, anyShare, (any, one, other) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        const bar = (share: number): number => {
          const far = { ...any, scrollTop: share < 0.5 ? lastScrollTop(any) : 0 };
          return scrollPosition(applyScroll(far, share * lastScrollTop(any)));
        };
        fc.pre(lastScrollTop(any) > 100_000);
        // Half a pixel is rounded.
        expect(bar(low)).toBeLessThanOrEqual(bar(high) + 1);
      }),
    );
  });

  it("recentres without moving what is in view", () => {
    fc.assert(
      fc.property(anyState, fc.array(anyMove, { maxLength: 20 }), (start, moves) => {
        const state = moves.reduce(move, start);
        const after = recentre(state);
        expect(scrollPosition(after)).toBeCloseTo(scrollPosition(state), 6);
        const inView = Math.floor(scrollPosition(state)) + 100;
        expect(domTop(after, inView) - after.scrollTop).toBeCloseTo(
          domTop(state, inView) - state.scrollTop,
          6,
        );
        expect(recentre(after)).toEqual(after);
      }),
    );
  });

  it("keeps scrollTop when content above changes, where the offset can take it", () => {
    const state = scrollStateAt(40_000_000, 1_000, 20_000_000);
    const after = resizeScroll(state, 40_000_700, 1_000, 20_000_700);
    expect(after.scrollTop).toBe(state.scrollTop);
    expect(scrollPosition(after)).toBe(20_000_700);
    const small = scrollStateAt(50_000, 1_000, 20_000);
    expect(resizeScroll(small, 50_700, 1_000, 20_700)).toEqual(
      scrollStateAt(50_700, 1_000, 20_700),
    );
  });

  it("is at the position asked for after any change of heights", () => {
    fc.assert(
      fc.property(anyState, anyHeight, anyViewport, anyShare, (state, height, viewport, share) => {
        const position = Math.round(share * height);
        const after = resizeScroll(state, height, viewport, position);
        expectValid(after);
        const last = Math.max(0, height - viewport);
        expect(scrollPosition(after)).toBeCloseTo(Math.min(position, last), 6);
      }),
    );
  });

  it("leaves a false end at once, and bounces at true ones", () => {
    const state = { ...scrollStateAt(40_000_000, 1_000, 5_000_000), scrollTop: GUARD };
    const after = applyScroll(state, GUARD - 10);
    expect(scrollPosition(after)).toBe(scrollPosition(state) - 10);
    expect(after.scrollTop).toBeGreaterThan(EDGE);
    expect(applyScroll(scrollStateAt(40_000_000, 1_000, 0), -80).scrollTop).toBe(0);
  });

  it("has an element of less than 10 million pixels for a million photos", () => {
    for (const width of [320, 768, 1_440, 2_560]) {
      const { height } = largeTimeline(1_000_000, 240, width);
      expect(height).toBeGreaterThan(10_000_000);
      expect(domHeight({ contentHeight: height })).toBeLessThan(10_000_000);
    }
  });
});
