import { ChevronLeft, ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import { classNames } from "@/ui/class-names";
import type { Neighbours } from "./neighbours";
import type { Command } from "./shortcuts";
import { ViewerButton } from "./viewer-button";

interface Props {
  readonly neighbours: Neighbours;
  readonly isHidden: boolean;
  readonly onCommand: (command: Command) => void;
}

const SIDES = [
  { command: "previous", icon: ChevronLeft, label: "viewer.previous", side: "start-2 sm:start-4" },
  { command: "next", icon: ChevronRight, label: "viewer.next", side: "end-2 sm:end-4" },
] as const;

/** The ways to the neighbours, at the sides of the picture. */
export function StepButtons({ neighbours, isHidden, onCommand }: Props) {
  const { t } = useTranslation();
  return SIDES.map(({ command, icon, label, side }) => (
    <div
      key={command}
      className={classNames(
        "absolute top-1/2 z-10 -translate-y-1/2 transition-opacity",
        side,
        isHidden && "pointer-events-none opacity-0 focus-within:opacity-100",
      )}
    >
      <ViewerButton
        label={t(label)}
        icon={icon}
        isDisabled={neighbours[command] === null}
        onPress={() => onCommand(command)}
        className="bg-black/35 backdrop-blur-sm disabled:!opacity-0 sm:size-12"
        iconClassName="rtl:-scale-x-100 sm:size-6"
      />
    </div>
  ));
}
