import type { LucideIcon } from "lucide-react";
import { Button } from "react-aria-components/Button";
import { Tooltip, TooltipTrigger } from "react-aria-components/Tooltip";
import { classNames } from "@/ui/class-names";

interface Props {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly onPress: () => void;
  /** Shown beside the label; the key that does the same. */
  readonly keyLabel?: string;
  readonly isDisabled?: boolean;
  /** Whether what the button switches is on; without it, it switches nothing. */
  readonly isOn?: boolean;
  readonly className?: string;
  readonly iconClassName?: string;
}

const TOOLTIP_DELAY_MS = 600;

/** A button over the picture, white on dark in both themes. */
export function ViewerButton(props: Props) {
  const { label, icon: Icon, onPress, keyLabel, isDisabled = false, isOn } = props;
  return (
    <TooltipTrigger delay={TOOLTIP_DELAY_MS}>
      <Button
        aria-label={label}
        {...(isOn === undefined ? {} : { "aria-pressed": isOn })}
        isDisabled={isDisabled}
        onPress={onPress}
        className={classNames(
          "grid size-10 shrink-0 place-items-center rounded-full text-white transition-colors",
          "hover:bg-white/15 pressed:bg-white/25 disabled:opacity-40",
          "data-[focus-visible]:outline-white",
          props.className,
        )}
      >
        <Icon
          aria-hidden
          className={classNames(
            "size-5 drop-shadow-[0_1px_2px_rgb(0_0_0/0.6)]",
            props.iconClassName,
          )}
        />
      </Button>
      <Tooltip
        offset={6}
        className="rounded-lg bg-inverse px-2.5 py-1.5 text-xs font-medium text-on-inverse shadow-lg"
      >
        {label}
        {keyLabel !== undefined && <kbd className="ms-2 font-sans opacity-70">{keyLabel}</kbd>}
      </Tooltip>
    </TooltipTrigger>
  );
}
