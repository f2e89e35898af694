import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { canPause, PHASES } from "../engine/model";
import type { UploadEngine } from "../engine/upload-engine";
import type { UploadSnapshot } from "../engine/upload-store";

interface Props {
  readonly engine: UploadEngine;
  readonly counts: UploadSnapshot["counts"];
}

/** What is done to all files at once. */
export function PanelActions({ engine, counts }: Props) {
  const { t } = useTranslation();
  const [asks, setAsks] = useState(false);
  const isPausable = PHASES.some((phase) => canPause(phase) && counts[phase] > 0);
  return (
    <div className="flex">
      {isPausable && (
        <Button variant="quiet" onPress={() => engine.pauseAll()}>
          {t("upload.action.pauseAll")}
        </Button>
      )}
      {counts.paused > 0 && (
        <Button variant="quiet" onPress={() => engine.resumeAll()}>
          {t("upload.action.resumeAll")}
        </Button>
      )}
      <Button variant="quiet" onPress={() => setAsks(true)}>
        {t("upload.action.cancelAll")}
      </Button>
      <ConfirmDialog
        isOpen={asks}
        onOpenChange={setAsks}
        title={t("upload.cancel.title")}
        text={t("upload.cancel.text")}
        action={t("upload.cancel.confirm")}
        dismissLabel={t("upload.cancel.back")}
        onConfirm={() => engine.cancelAll()}
      />
    </div>
  );
}
