import type { KeyboardEvent, ReactNode, RefObject } from "react";
import { useTranslation } from "react-i18next";
import { domHeight, domTop, type PhotoSelection } from "./layout";
import { MonthRows } from "./month-rows";
import type { TileRef, TimelineActions } from "./timeline-actions";
import type { TimelineView } from "./timeline-model";

interface Props {
  readonly container: RefObject<HTMLDivElement | null>;
  readonly view: TimelineView;
  readonly selection: PhotoSelection;
  readonly isSelecting: boolean;
  readonly active: TileRef | undefined;
  readonly actions: TimelineActions;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly children?: ReactNode;
}

/** The rows of the timeline that are near the view, in an element as high as browsers allow. */
export function TimelineGrid(props: Props) {
  const { container, view, selection, isSelecting, active, actions, onKeyDown } = props;
  const { t } = useTranslation();
  const { scroll, visible, columns } = view;
  return (
    <div
      ref={container}
      role="grid"
      aria-label={t("timeline.title")}
      aria-multiselectable
      aria-rowcount={-1}
      onKeyDown={onKeyDown}
      className="timeline-grid relative"
      style={{ height: domHeight(scroll) }}
    >
      {visible.map((each) => {
        if (each.kind === "skeleton") {
          const top = domTop(scroll, each.top);
          return <Skeleton key={each.month} top={top} height={each.bottom - each.top} />;
        }
        const month = columns.get(each.month.month);
        if (month === undefined) return null;
        return (
          <MonthRows
            key={each.month.month}
            visible={each}
            columns={month}
            top={domTop(scroll, each.top)}
            selection={selection}
            isSelecting={isSelecting}
            active={active}
            actions={actions}
          />
        );
      })}
    </div>
  );
}

/** Stands for photos of a month that are not loaded. */
function Skeleton({ top, height }: { readonly top: number; readonly height: number }) {
  return (
    <div
      aria-hidden
      className="timeline-skeleton absolute inset-x-0 animate-pulse motion-reduce:animate-none"
      style={{ top, height }}
    />
  );
}
