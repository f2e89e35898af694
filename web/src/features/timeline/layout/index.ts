/** The arithmetic of the virtual timeline: what other folders may use. See README.md. */

export { type GridMetrics, type GridOptions, gridMetrics } from "./grid-metrics";
export {
  type Direction,
  neighbour,
  type PhotoBox,
  photoBox,
  positionToShow,
  type UnloadedNeighbour,
} from "./grid-navigation";
export { DEFAULT_STATISTICS, type LibraryStatistics, libraryStatistics } from "./month-estimate";
export {
  dayPhotos,
  layoutMonth,
  type MonthLayout,
  rowOfPhoto,
  sectionBottom,
  sectionOfRow,
  sectionPhotos,
} from "./month-layout";
export { type MonthPhotos, type TimelineColumns, toMonthPhotos } from "./month-photos";
export { captureAnchor, dateAnchor, resolveAnchor, type ScrollAnchor } from "./scroll-anchor";
export {
  applyScroll,
  domHeight,
  domTop,
  jumpTo,
  recentre,
  resizeScroll,
  type ScrollState,
  scrollPosition,
  scrollStateAt,
} from "./scroll-state";
export {
  dateAtThumb,
  type MarkDistances,
  positionAtThumb,
  type ScrubberMark,
  type ScrubberTrack,
  scrubberMarks,
  thumbTop,
  thumbTopOfDate,
} from "./scrubber";
export {
  countSelected,
  EVERYTHING,
  type Extent,
  extentOf,
  type GroupSelection,
  groupOf,
  invertSelection,
  isSelected,
  NOTHING,
  type PhotoSelection,
  togglePhoto,
  withGroup,
  withGroups,
  withoutMissing,
  withPhotos,
} from "./selection";
export { dayIds, withDay, withRange } from "./selection-range";
export { browserClock, runAtOnce, runInSlices, type SliceClock, type SliceOptions } from "./slices";
export {
  createTimeline,
  indexOfMonth,
  type LoadedMonth,
  type MonthBucket,
  monthAt,
  type PhotoPosition,
  type Timeline,
  type TimelineMonth,
  withBuckets,
  withMetrics,
  withMonth,
  withoutPhotos,
} from "./timeline";
export { dateAt, positionOfDate } from "./timeline-dates";
export {
  type Span,
  spanWithOverscan,
  type VisibleMonth,
  type VisibleRows,
  type VisibleSkeleton,
  visibleMonths,
} from "./visible-months";
