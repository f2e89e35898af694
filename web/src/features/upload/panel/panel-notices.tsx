import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { formatBytes } from "@/ui/format-bytes";
import { ACCEPTED } from "../engine/file-types";
import type { UploadItem } from "../engine/model";
import type { UploadEngine } from "../engine/upload-engine";
import type { UploadSnapshot } from "../engine/upload-store";
import { FileInput } from "../sources/file-input";
import { fitIntoSpace } from "./quota-forecast";

interface Props {
  readonly engine: UploadEngine;
  readonly snapshot: UploadSnapshot;
}

/** What concerns several files and needs a person, with the buttons that settle it. */
export function PanelNotices({ engine, snapshot }: Props) {
  const { t } = useTranslation();
  const { counts, persistent } = snapshot;
  return (
    <>
      <QuotaNotice engine={engine} snapshot={snapshot} />
      {counts.duplicate > 1 && (
        <Notice text={t("upload.duplicates", { count: counts.duplicate })}>
          <Answer label={t("upload.action.skipAll")} onPress={() => engine.decideAll("skip")} />
          <Answer label={t("upload.action.keepAll")} onPress={() => engine.decideAll("keep")} />
          <Answer
            label={t("upload.action.replaceAll")}
            onPress={() => engine.decideAll("replace")}
          />
        </Notice>
      )}
      {counts.needs_file > 0 && <NeededFiles engine={engine} snapshot={snapshot} />}
      {counts.failed > 1 && (
        <Notice text={t("upload.failures", { count: counts.failed })}>
          <Answer label={t("upload.action.retryAll")} onPress={() => engine.retryAll()} />
        </Notice>
      )}
      {!persistent && <Notice text={t("upload.panel.notPersistent")} />}
    </>
  );
}

/** Says ahead of time what fits into the space that is left. */
function QuotaNotice({ engine, snapshot }: Props) {
  const { t, i18n } = useTranslation();
  const { quota } = snapshot;
  if (quota === null || quota.bytesNeeded <= quota.bytesFree) return null;
  const { files, fitting } = fitIntoSpace(itemsOf(engine, snapshot), quota.bytesFree);
  const free = formatBytes(quota.bytesFree, i18n.language);
  const needed = formatBytes(quota.bytesNeeded, i18n.language);
  return (
    <Notice
      text={
        fitting === 0
          ? t("upload.quota.none", { free, needed })
          : t("upload.quota.some", { free, needed, files, count: fitting })
      }
    />
  );
}

function NeededFiles({ engine, snapshot }: Props) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const needed = [...itemsOf(engine, snapshot)].filter(({ phase }) => phase === "needs_file");
  const withHandle = needed.filter(({ hasHandle }) => hasHandle);
  return (
    <Notice text={t("upload.needed", { count: needed.length })}>
      {withHandle.length > 0 && (
        <Answer label={t("upload.action.allow")} onPress={() => void engine.allowFiles()} />
      )}
      {withHandle.length < needed.length && (
        <Answer label={t("upload.action.choose")} onPress={() => input.current?.click()} />
      )}
      <FileInput ref={input} accept={ACCEPTED} multiple />
    </Notice>
  );
}

function* itemsOf(engine: UploadEngine, { ids }: UploadSnapshot): Generator<UploadItem> {
  for (const id of ids) {
    const item = engine.item(id);
    if (item !== undefined) yield item;
  }
}

function Notice({ text, children }: { readonly text: string; readonly children?: ReactNode }) {
  return (
    <div role="status" className="border-b border-line bg-sunken px-4 py-2.5 text-sm">
      <p className="text-pretty">{text}</p>
      {children !== undefined && <div className="mt-1.5 -ms-3 flex flex-wrap">{children}</div>}
    </div>
  );
}

function Answer({ label, onPress }: { readonly label: string; readonly onPress: () => void }) {
  return (
    <Button variant="quiet" className="!min-h-9 !text-accent" onPress={onPress}>
      {label}
    </Button>
  );
}
