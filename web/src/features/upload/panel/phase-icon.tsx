import {
  CircleAlert,
  CircleCheck,
  CirclePause,
  CircleQuestionMark,
  CloudUpload,
} from "lucide-react";
import type { OverallPhase } from "./overall";

const ICONS = {
  active: { icon: CloudUpload, color: "text-accent" },
  question: { icon: CircleQuestionMark, color: "text-accent" },
  paused: { icon: CirclePause, color: "text-ink-soft" },
  failed: { icon: CircleAlert, color: "text-danger" },
  done: { icon: CircleCheck, color: "text-accent" },
} as const;

/** Shows at a glance what the title says. */
export function PhaseIcon({ phase }: { readonly phase: OverallPhase }) {
  const { icon: Icon, color } = ICONS[phase];
  return <Icon aria-hidden className={`size-5 shrink-0 ${color}`} />;
}
