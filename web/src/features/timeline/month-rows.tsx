import { memo } from "react";
import { useTranslation } from "react-i18next";
import { RoundCheck } from "@/ui/round-check";
import { formatDay, formatMonth, formatShortDay } from "./days";
import {
  dayIds,
  extentOf,
  isSelected,
  type LoadedMonth,
  type PhotoSelection,
  type VisibleRows,
} from "./layout";
import type { MonthColumns } from "./month-columns";
import type { TileRef, TimelineActions } from "./timeline-actions";
import { TimelineTile } from "./timeline-tile";

interface Props {
  readonly visible: VisibleRows;
  readonly columns: MonthColumns;
  /** Pixels below the top of the timeline's element. */
  readonly top: number;
  readonly selection: PhotoSelection;
  readonly isSelecting: boolean;
  readonly active: TileRef | undefined;
  readonly actions: TimelineActions;
}

/** The rows of a month that are near the view, with the headings of its days. */
export function MonthRows(props: Props) {
  const { visible, top } = props;
  const { month, firstSection, endSection } = visible;
  const { i18n } = useTranslation();
  return (
    <div role="none" className="absolute inset-x-0" style={{ top, height: month.height }}>
      {visible.firstRow === 0 && (
        <div role="rowgroup">
          <div role="row">
            <div role="gridcell">
              <h2 className="absolute start-0 top-5 ps-2 text-xl font-semibold sm:ps-0">
                {formatMonth(month.month, i18n.language)}
              </h2>
            </div>
          </div>
        </div>
      )}
      {range(firstSection, endSection).map((section) => (
        <Section key={section} {...props} section={section} />
      ))}
    </div>
  );
}

function Section(props: Props & { readonly section: number }) {
  const { visible, section, ...rest } = props;
  const { month, firstRow, endRow } = visible;
  const { layout } = month;
  const first = Math.max(layout.sectionRow[section] ?? 0, firstRow);
  const end = Math.min(layout.sectionRow[section + 1] ?? 0, endRow);
  const photo = rest.active?.month === month.month ? rest.active.photo : -1;
  const firstPhoto = layout.rowPhoto[layout.sectionRow[section] ?? 0] ?? 0;
  const endPhoto = layout.rowPhoto[layout.sectionRow[section + 1] ?? 0] ?? 0;
  return (
    <div role="rowgroup">
      {layout.sectionPart[section] === 0 && (
        <DayHeading
          month={month}
          section={section}
          selection={rest.selection}
          isSelecting={rest.isSelecting}
          isActive={photo >= firstPhoto && photo < endPhoto}
          actions={rest.actions}
        />
      )}
      {range(first, end).map((row) => (
        <Row key={row} {...rest} month={month} row={row} />
      ))}
    </div>
  );
}

/** Below this width the names of days are short. */
const NARROW_PX = 260;

interface HeadingProps {
  readonly month: LoadedMonth;
  readonly section: number;
  readonly selection: PhotoSelection;
  readonly isSelecting: boolean;
  /** Whether Tab leads to its check: to that of one day, else it would pass through all of them. */
  readonly isActive: boolean;
  readonly actions: TimelineActions;
}

const DayHeading = memo(function DayHeading(props: HeadingProps) {
  const { month, section, selection, isSelecting, isActive, actions } = props;
  const { t, i18n } = useTranslation();
  const { layout } = month;
  const width = layout.sectionWidth[section] ?? 0;
  const date = `${month.month}-${String(layout.sectionDay[section]).padStart(2, "0")}`;
  const day = formatDay(date, i18n.language, new Date());
  const extent = extentOf(selection, month.month, dayIds(month, section));
  return (
    <div
      role="row"
      className="group/day absolute flex h-12 items-center"
      style={{
        top: layout.sectionTop[section],
        insetInlineStart: layout.sectionLeft[section],
        width,
      }}
    >
      <div role="gridcell" className="flex min-w-0 items-center ps-2 sm:ps-0">
        <h3 className="truncate text-sm font-semibold" aria-label={day} title={day}>
          {width < NARROW_PX ? formatShortDay(date, i18n.language) : day}
        </h3>
        <RoundCheck
          tabIndex={isActive ? 0 : -1}
          label={t("photos.selectDay", { day })}
          checked={extent === "some" ? "mixed" : extent === "all"}
          onToggle={() => actions.toggleDay(month, section)}
          className={
            isSelecting || extent !== "none"
              ? "shrink-0"
              : "shrink-0 opacity-0 transition-opacity group-focus-within/day:opacity-100 group-hover/day:opacity-100 [@media(hover:none)]:opacity-60"
          }
        />
      </div>
    </div>
  );
});

interface RowProps extends Omit<Props, "visible" | "top"> {
  readonly month: LoadedMonth;
  readonly row: number;
}

function Row({ month, columns, row, selection, isSelecting, active, actions }: RowProps) {
  const { layout } = month;
  const height = layout.rowHeight[row] ?? 0;
  return (
    <div
      role="row"
      className="pointer-events-none absolute inset-x-0 *:pointer-events-auto"
      style={{ top: layout.rowTop[row], height }}
    >
      {range(layout.rowPhoto[row] ?? 0, layout.rowPhoto[row + 1] ?? 0).map((photo) => {
        const id = columns.id[photo] ?? "";
        return (
          <TimelineTile
            key={id}
            month={month}
            columns={columns}
            photo={photo}
            height={height}
            isSelected={isSelected(selection, month.month, id)}
            isSelecting={isSelecting}
            isActive={active?.month === month.month && active.id === id}
            actions={actions}
          />
        );
      })}
    </div>
  );
}

function range(first: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
}
