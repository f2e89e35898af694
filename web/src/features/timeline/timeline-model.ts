/** The timeline while it is shown: its months, where it is scrolled to, and what is near. */

import {
  applyScroll,
  captureAnchor,
  createTimeline,
  DEFAULT_STATISTICS,
  dateAnchor,
  gridMetrics,
  jumpTo,
  layoutMonth,
  type MonthBucket,
  type MonthLayout,
  recentre,
  resizeScroll,
  resolveAnchor,
  runInSlices,
  type ScrollAnchor,
  type ScrollState,
  type SliceClock,
  scrollPosition,
  scrollStateAt,
  spanWithOverscan,
  type Timeline,
  toMonthPhotos,
  type VisibleMonth,
  visibleMonths,
  withBuckets,
  withMetrics,
  withMonth,
  withoutPhotos,
} from "./layout";
import type { MonthColumns } from "./month-columns";

/** What is rendered. Another object after each change of it, and only then. */
export interface TimelineView {
  readonly timeline: Timeline;
  /** Of the loaded months, in the order of their layouts. */
  readonly columns: ReadonlyMap<string, MonthColumns>;
  readonly scroll: ScrollState;
  readonly visible: readonly VisibleMonth[];
}

/** The element that scrolls. */
export interface ScrollPort {
  readonly scrollTop: number;
  readonly scrollTo: (top: number) => void;
}

interface MonthInLayout {
  readonly columns: MonthColumns;
  readonly controller: AbortController;
}

/** What is rendered is computed anew after scrolling this share of the viewport. */
const RENDER_STEP = 0.25;
/** Photos of months out of view are let go beyond this number. */
const MOST_LOADED_PHOTOS = 60_000;

export class TimelineModel {
  #view: TimelineView;
  #pinned: ScrollAnchor | undefined;
  #direction: "up" | "down" = "down";
  #renderedPosition = 0;
  #expectedScrollTop = 0;
  readonly #layouts = new Map<string, MonthInLayout>();
  readonly #viewListeners = new Set<() => void>();
  readonly #positionListeners = new Set<() => void>();
  readonly #port: ScrollPort;
  readonly #clock: SliceClock;

  /** `start` is an anchor that `anchor()` returned before. */
  constructor(port: ScrollPort, clock: SliceClock, start?: ScrollAnchor) {
    this.#port = port;
    this.#clock = clock;
    this.#pinned = start;
    const timeline = createTimeline([], gridMetrics(0), DEFAULT_STATISTICS);
    const scroll = scrollStateAt(0, 0, 0);
    this.#view = { timeline, scroll, columns: new Map(), visible: [] };
  }

  readonly view = (): TimelineView => this.#view;

  readonly position = (): number => scrollPosition(this.#view.scroll);

  /** Call `listener` after each change of the view. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#viewListeners.add(listener);
    return () => this.#viewListeners.delete(listener);
  };

  /** Call `listener` after each change of the position or of the heights. */
  readonly subscribePosition = (listener: () => void): (() => void) => {
    this.#positionListeners.add(listener);
    return () => this.#positionListeners.delete(listener);
  };

  setBuckets(buckets: readonly MonthBucket[]): void {
    const { timeline } = this.#view;
    this.#changeTimeline(
      timeline.months.length === 0
        ? createTimeline(buckets, timeline.metrics, timeline.statistics)
        : withBuckets(timeline, buckets),
    );
  }

  /** Take the size of the container; months out of view are laid out when they come into it. */
  async setSize(width: number, viewportHeight: number): Promise<void> {
    const { timeline, visible } = this.#view;
    const metrics = gridMetrics(width);
    if (viewportHeight !== this.#view.scroll.viewportHeight) {
      this.#changeTimeline(timeline, viewportHeight);
    }
    if (metrics.width === timeline.metrics.width) return;
    const layouts = new Map<string, MonthLayout>();
    for (const each of visible) {
      if (each.kind !== "rows") continue;
      const steps = layoutMonth(each.month.photos, metrics);
      layouts.set(each.month.month, await runInSlices(steps, this.#clock));
    }
    this.#cancelLayouts();
    const { timeline: now } = this.#view;
    // A month that has changed meanwhile is laid out from its new photos.
    for (const month of now.months) {
      const before = timeline.months.find((each) => each.month === month.month);
      if (before !== month) layouts.delete(month.month);
    }
    this.#changeTimeline(withMetrics(now, metrics, now.statistics, layouts));
  }

  /** Return whether a month is laid out with these photos, or about to be. */
  hasMonth(columns: MonthColumns): boolean {
    const inLayout = this.#layouts.get(columns.month);
    if (inLayout !== undefined) return inLayout.columns === columns;
    const month = this.#view.timeline.months.find((each) => each.month === columns.month);
    if (columns.id.length === 0) return month === undefined;
    return month?.kind === "loaded" && this.#view.columns.get(columns.month) === columns;
  }

  /** Lay out the photos of a month, then show them; what is in view stays where it is. */
  async setMonth(columns: MonthColumns): Promise<void> {
    const { metrics } = this.#view.timeline;
    this.#layouts.get(columns.month)?.controller.abort();
    const controller = new AbortController();
    const inLayout = { columns, controller };
    this.#layouts.set(columns.month, inLayout);
    const photos = toMonthPhotos(columns);
    try {
      const steps = layoutMonth(photos, metrics);
      const layout = await runInSlices(steps, this.#clock, { signal: controller.signal });
      if (controller.signal.aborted) return;
      this.#layouts.delete(columns.month);
      const timeline = withMonth(this.#view.timeline, photos, layout);
      const all = new Map(this.#view.columns).set(columns.month, columns);
      this.#changeTimeline(timeline, undefined, all);
      this.#letGoOfFarMonths();
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    }
  }

  /** Follow the element after it has scrolled. */
  readonly scrolled = (): void => {
    const { scroll } = this.#view;
    const { scrollTop } = this.#port;
    const next = applyScroll(scroll, scrollTop);
    if (Math.abs(scrollTop - this.#expectedScrollTop) > 1) this.#pinned = undefined;
    this.#expectedScrollTop = scrollTop;
    const moved = scrollPosition(next) - scrollPosition(scroll);
    if (moved === 0 && next.offset === scroll.offset) return;
    if (moved !== 0) this.#direction = moved < 0 ? "up" : "down";
    const distance = Math.abs(scrollPosition(next) - this.#renderedPosition);
    if (next.offset !== scroll.offset || distance > next.viewportHeight * RENDER_STEP) {
      this.#show({ ...this.#view, scroll: next });
    } else {
      // The rows stay, and the browser has moved them already.
      this.#view = { ...this.#view, scroll: next };
      this.#notify(this.#positionListeners);
    }
  };

  /** Give the element room to scroll after it has come to rest. */
  readonly rested = (): void => {
    const scroll = recentre(this.#view.scroll);
    if (scroll.offset !== this.#view.scroll.offset) this.#show({ ...this.#view, scroll });
  };

  /**
   * Show a position, as the scrubber and the keyboard ask.
   *
   * `date` stays where it then is while what is around it is loaded, until the user scrolls.
   */
  jumpTo(position: number, date?: string): void {
    const scroll = jumpTo(this.#view.scroll, position);
    this.#pinned = undefined;
    if (date !== undefined && scrollPosition(scroll) > 0) {
      const top = resolveAnchor(this.#view.timeline, dateAnchor(date));
      this.#pinned = dateAnchor(date, top - scrollPosition(scroll));
    }
    this.#show({ ...this.#view, scroll });
  }

  /** Set the element's `scrollTop` where it is another one; after the rows are placed. */
  readonly placeScroll = (): void => {
    const { scrollTop } = this.#view.scroll;
    if (Math.abs(this.#port.scrollTop - scrollTop) < 1) return;
    this.#port.scrollTo(scrollTop);
    this.#expectedScrollTop = this.#port.scrollTop;
  };

  /** Return what is in view, for showing it again later. */
  anchor(): ScrollAnchor | undefined {
    const { timeline, scroll } = this.#view;
    return this.#pinned ?? captureAnchor(timeline, this.position(), scroll.viewportHeight);
  }

  stop(): void {
    this.#cancelLayouts();
  }

  #changeTimeline(
    timeline: Timeline,
    viewportHeight = this.#view.scroll.viewportHeight,
    columns = this.#view.columns,
  ): void {
    const before = this.#view;
    const hadContent = before.timeline.months.length > 0 && before.scroll.viewportHeight > 0;
    const scroll = hadContent ? applyScroll(before.scroll, this.#port.scrollTop) : before.scroll;
    const anchor =
      this.#pinned ??
      captureAnchor(before.timeline, scrollPosition(scroll), before.scroll.viewportHeight);
    const position = anchor && timeline.months.length > 0 ? resolveAnchor(timeline, anchor) : 0;
    const next = resizeScroll(scroll, timeline.height, viewportHeight, position);
    this.#show({ ...before, timeline, columns, scroll: next });
  }

  #show(view: TimelineView): void {
    const { timeline, scroll } = view;
    const position = scrollPosition(scroll);
    const span = spanWithOverscan(timeline, position, scroll.viewportHeight, this.#direction);
    this.#renderedPosition = position;
    this.#view = { ...view, visible: visibleMonths(timeline, span) };
    this.#notify(this.#viewListeners);
    this.#notify(this.#positionListeners);
  }

  #letGoOfFarMonths(): void {
    const { timeline, visible } = this.#view;
    const first = visible[0]?.index ?? 0;
    const last = visible.at(-1)?.index ?? first;
    const far = timeline.months
      .map((month, index) => ({ month, distance: Math.max(first - index, index - last, 0) }))
      .filter(({ month }) => month.kind === "loaded")
      .sort((one, other) => one.distance - other.distance);
    let photos = 0;
    let next = timeline;
    const columns = new Map(this.#view.columns);
    for (const { month, distance } of far) {
      photos += month.count;
      if (distance === 0 || photos <= MOST_LOADED_PHOTOS) continue;
      next = withoutPhotos(next, month.month);
      columns.delete(month.month);
    }
    if (next !== timeline) this.#show({ ...this.#view, timeline: next, columns });
  }

  #cancelLayouts(): void {
    for (const { controller } of this.#layouts.values()) controller.abort();
    this.#layouts.clear();
  }

  #notify(listeners: ReadonlySet<() => void>): void {
    for (const listener of listeners) listener();
  }
}
