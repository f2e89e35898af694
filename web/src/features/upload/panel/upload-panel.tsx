import { Link } from "@tanstack/react-router";
import { ChevronDown, ChevronUp, X } from "lucide-react";
import { useId, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";
import type { UploadSnapshot } from "../engine/upload-store";
import type { Uploads } from "../open-uploads";
import { isSettled, isWorking, type Overall, toOverall } from "./overall";
import { PanelActions } from "./panel-actions";
import { PanelNotices } from "./panel-notices";
import { PhaseIcon } from "./phase-icon";
import { UploadRows } from "./upload-rows";
import { useLeaveWarning } from "./use-leave-warning";

interface Props {
  readonly uploads: Uploads;
}

/** All uploads of this page: a card in the corner, on phones a sheet above the navigation. */
export function UploadPanel({ uploads }: Props) {
  const { t, i18n } = useTranslation();
  const { engine } = uploads;
  const snapshot = useSyncExternalStore(engine.subscribe, engine.getSnapshot);
  const [open, setOpen] = useState(true);
  const listId = useId();
  useLeaveWarning(isWorking(snapshot.counts));
  if (snapshot.ids.length === 0) return null;
  const overall = toOverall(snapshot, t, i18n.language);
  const settled = isSettled(snapshot.counts);
  return (
    <section
      aria-label={t("upload.panel")}
      className="fixed inset-x-0 bottom-[calc(3.6rem+env(safe-area-inset-bottom))] z-20 flex max-h-[60dvh] animate-rise flex-col overflow-hidden rounded-t-2xl border border-line bg-surface shadow-2xl sm:inset-x-auto sm:end-4 sm:bottom-[calc(4.4rem+env(safe-area-inset-bottom))] sm:w-[26rem] sm:rounded-2xl lg:bottom-4"
    >
      <header className="flex items-center gap-3 ps-4 pe-2 pt-2.5 pb-2">
        <PhaseIcon phase={overall.phase} />
        <div className="min-w-0 grow">
          <h2 className="truncate text-sm font-semibold">{overall.title}</h2>
          {overall.detail !== "" && (
            <p className="truncate text-xs text-ink-soft tabular-nums">{overall.detail}</p>
          )}
        </div>
        <IconButton
          aria-label={t(open ? "upload.panel.hide" : "upload.panel.show")}
          aria-expanded={open}
          aria-controls={listId}
          onPress={() => setOpen(!open)}
        >
          {open ? (
            <ChevronDown aria-hidden className="size-4.5" />
          ) : (
            <ChevronUp aria-hidden className="size-4.5" />
          )}
        </IconButton>
        {settled && (
          <IconButton aria-label={t("action.close")} onPress={() => engine.clear(true)}>
            <X aria-hidden className="size-4.5" />
          </IconButton>
        )}
      </header>
      <OverallBar overall={overall} snapshot={snapshot} />
      <div id={listId} className="flex min-h-0 flex-col">
        {open && (
          <>
            <PanelNotices engine={engine} snapshot={snapshot} />
            <UploadRows uploads={uploads} ids={snapshot.ids} />
            <footer className="flex flex-wrap items-center justify-between gap-1 border-t border-line px-2 py-1">
              <Link
                to="/activity"
                className="rounded-lg px-2 py-2 text-sm font-medium text-accent hover:bg-hover"
              >
                {t("upload.panel.activity")}
              </Link>
              {!settled && <PanelActions engine={engine} counts={snapshot.counts} />}
            </footer>
          </>
        )}
      </div>
      <p role="status" className="sr-only">
        {overall.phase === "active" ? "" : overall.title}
      </p>
    </section>
  );
}

interface BarProps {
  readonly overall: Overall;
  readonly snapshot: UploadSnapshot;
}

function OverallBar({ overall, snapshot }: BarProps) {
  const { t } = useTranslation();
  const isDone = overall.phase === "done" || snapshot.bytesTotal === 0;
  return (
    <progress
      aria-label={t("upload.panel.bar")}
      value={isDone ? 1 : overall.fraction}
      max={1}
      className="quota-bar h-1 w-full shrink-0 !rounded-none"
    />
  );
}
