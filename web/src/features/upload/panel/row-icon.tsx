import {
  CircleAlert,
  CircleCheck,
  CircleMinus,
  CircleQuestionMark,
  Clock,
  CloudUpload,
} from "lucide-react";
import type { RowTone } from "./row-state";

const ICONS = {
  waiting: { icon: Clock, color: "text-ink-soft" },
  active: { icon: CloudUpload, color: "text-accent" },
  question: { icon: CircleQuestionMark, color: "text-accent" },
  done: { icon: CircleCheck, color: "text-accent" },
  stopped: { icon: CircleMinus, color: "text-ink-soft" },
  failed: { icon: CircleAlert, color: "text-danger" },
} as const;

interface Props {
  readonly tone: RowTone;
  readonly thumbnailUrl: string | null;
}

/** The photo once it has a thumbnail, a sign of its state until then. */
export function RowIcon({ tone, thumbnailUrl }: Props) {
  const { icon: Icon, color } = ICONS[tone];
  return (
    <div className="relative grid size-10 place-items-center rounded-lg bg-sunken">
      {thumbnailUrl === null ? (
        <Icon aria-hidden className={`size-5 ${color}`} />
      ) : (
        <>
          <img src={thumbnailUrl} alt="" className="size-10 rounded-lg object-cover" />
          <span className="absolute -end-1 -bottom-1 rounded-full bg-surface">
            <Icon aria-hidden className={`size-4 ${color}`} />
          </span>
        </>
      )}
    </div>
  );
}
