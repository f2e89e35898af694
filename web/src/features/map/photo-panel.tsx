import { ChevronUp } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { toSentence } from "@/app/i18n/problem-words";
import { Button } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { usePhotosOf, ViewPhotos } from "./view-photos";

interface Props {
  /** The box whose photos are listed. */
  readonly bbox: string;
  /** Whether it is a cluster's, instead of the view's. */
  readonly isCluster: boolean;
  readonly onShowView: () => void;
}

/** Less than a drag: a press of the header. */
const LEAST_DRAG_PX = 24;

/** The photos of the map's view: beside it, or on a phone a sheet over its lower part. */
export function PhotoPanel({ bbox, isCluster, onShowView }: Props) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const query = usePhotosOf(bbox);
  const total = query.data?.pages[0]?.total;
  const { error } = query;
  return (
    <aside
      aria-label={t("map.panel")}
      className={classNames(
        "absolute inset-x-0 bottom-0 z-10 flex flex-col rounded-t-2xl border-t border-line bg-surface shadow-[0_-4px_24px_rgb(0_0_0/0.12)] transition-[height] duration-200 lg:static lg:h-full lg:w-80 lg:shrink-0 lg:rounded-none xl:w-96 lg:border-s lg:border-t-0 lg:shadow-none",
        isOpen ? "h-3/5" : "h-16",
      )}
    >
      <SheetHandle isOpen={isOpen} onToggle={setOpen}>
        <Title total={error && !query.data ? undefined : total} isCluster={isCluster} />
      </SheetHandle>
      <div
        className={classNames(
          "min-h-0 grow overflow-y-auto overscroll-contain px-3 pb-3 lg:visible lg:block",
          !isOpen && "invisible",
        )}
      >
        {isCluster && (
          <Button variant="secondary" className="mb-3 w-full" onPress={onShowView}>
            {t("map.showView")}
          </Button>
        )}
        {error && !query.data ? (
          <p role="alert" className="py-6 text-center text-sm text-ink-soft">
            {toSentence(error, t)}
          </p>
        ) : total === 0 ? (
          <p className="py-6 text-center text-sm text-ink-soft text-balance">
            {t("map.emptyView")}
          </p>
        ) : (
          <ViewPhotos query={query} />
        )}
      </div>
    </aside>
  );
}

function Title({
  total,
  isCluster,
}: {
  readonly total: number | undefined;
  readonly isCluster: boolean;
}) {
  const { t } = useTranslation();
  const text = total !== undefined && t(isCluster ? "map.here" : "map.inView", { count: total });
  return (
    <>
      {/* A heading is never empty, also while the photos are counted. */}
      <h2 className="min-h-6 font-semibold">{text || t("map.panel")}</h2>
      <p role="status" className="sr-only">
        {text}
      </p>
    </>
  );
}

interface HandleProps {
  readonly isOpen: boolean;
  readonly onToggle: (isOpen: boolean) => void;
  readonly children: React.ReactNode;
}

/** The sheet's header: pressed or dragged it opens and closes; beside the map it is a heading. */
function SheetHandle({ isOpen, onToggle, children }: HandleProps) {
  const { t } = useTranslation();
  const [startY, setStartY] = useState<number | null>(null);
  return (
    <div
      className="relative flex shrink-0 touch-none items-center justify-between gap-2 px-4 pt-3 pb-2 lg:touch-auto lg:py-4"
      onPointerDown={(event) => setStartY(event.clientY)}
      onPointerUp={(event) => {
        const moved = startY === null ? 0 : event.clientY - startY;
        setStartY(null);
        if (Math.abs(moved) > LEAST_DRAG_PX) onToggle(moved < 0);
      }}
    >
      <span
        aria-hidden
        className="absolute inset-x-0 top-1.5 mx-auto h-1 w-10 rounded-full bg-line-strong lg:hidden"
      />
      {children}
      <Button
        variant="quiet"
        aria-label={t("map.panel")}
        aria-expanded={isOpen}
        className="size-10 !px-0 lg:hidden"
        onPress={() => onToggle(!isOpen)}
      >
        <ChevronUp
          aria-hidden
          className={classNames("size-5 transition-transform", isOpen && "rotate-180")}
        />
      </Button>
    </div>
  );
}
