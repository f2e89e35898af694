import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Uploads } from "../open-uploads";
import { UploadRow } from "./upload-row";

const ROW_HEIGHT = 64;
/** Rows beyond the visible ones. Uploads of this size are there as a whole, as for a find in page. */
const OVERSCAN = 40;

interface Props {
  readonly uploads: Uploads;
  readonly ids: readonly string[];
}

/** The rows that are in sight, of up to tens of thousands. */
export function UploadRows({ uploads, ids }: Props) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => ids[index] ?? index,
    overscan: OVERSCAN,
  });
  return (
    <div
      ref={scroller}
      role="table"
      aria-label={t("upload.panel.files")}
      aria-rowcount={ids.length}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and its rows may take no focus
      tabIndex={0}
      className="max-h-96 min-h-0 grow overflow-y-auto overscroll-contain -outline-offset-2"
    >
      <div role="rowgroup" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, key, start }) => (
          <div
            key={key}
            ref={virtualizer.measureElement}
            data-index={index}
            role="row"
            aria-rowindex={index + 1}
            className="absolute inset-x-0 top-0"
            style={{ transform: `translateY(${String(start)}px)` }}
          >
            <UploadRow uploads={uploads} id={String(key)} />
          </div>
        ))}
      </div>
    </div>
  );
}
