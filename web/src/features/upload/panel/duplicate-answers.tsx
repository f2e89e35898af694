import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import type { Decision, UploadItem } from "../engine/model";
import type { UploadEngine } from "../engine/upload-engine";

const DECISIONS: readonly Decision[] = ["skip", "keep", "replace"];

interface Props {
  readonly engine: UploadEngine;
  readonly item: UploadItem;
  readonly describedBy: string;
}

/** What may be done with a file that the library has. */
export function DuplicateAnswers({ engine, item, describedBy }: Props) {
  const { t } = useTranslation();
  return (
    <div className="-ms-2 flex flex-wrap">
      {DECISIONS.map((decision) => (
        <Button
          key={decision}
          variant="quiet"
          className="!min-h-8 !px-2 !text-accent"
          aria-describedby={describedBy}
          onPress={() => engine.decide(item.id, decision)}
        >
          {t(`upload.action.${decision}`)}
        </Button>
      ))}
    </div>
  );
}
