import { Check, Minus } from "lucide-react";
import { classNames } from "./class-names";

interface Props {
  readonly label: string;
  readonly checked: boolean | "mixed";
  /** With shift, what is between this one and the one before is meant too. */
  readonly onToggle: (extend: boolean) => void;
  /** On a picture, whose colours may be any. */
  readonly onPicture?: boolean;
  readonly tabIndex?: number;
  readonly className?: string;
}

/** The round checkbox of photos and days; its target is larger than what is drawn. */
export function RoundCheck(props: Props) {
  const { label, checked, onToggle, onPicture = false, tabIndex, className } = props;
  const Icon = checked === "mixed" ? Minus : Check;
  return (
    <button
      type="button"
      role="checkbox"
      aria-checked={checked}
      aria-label={label}
      tabIndex={tabIndex}
      onClick={(event) => {
        event.stopPropagation();
        onToggle(event.shiftKey);
      }}
      className={classNames("grid size-10 place-items-center rounded-full", className)}
    >
      <span
        className={classNames(
          "grid size-5.5 place-items-center rounded-full border-2 transition-colors",
          checked
            ? "border-accent bg-accent text-on-accent"
            : onPicture
              ? "border-white bg-black/25 text-white hover:bg-black/45"
              : "border-line-strong text-ink-soft hover:bg-hover",
        )}
      >
        <Icon
          aria-hidden
          strokeWidth={3}
          className={classNames("size-3.5", !checked && "opacity-0")}
        />
      </span>
    </button>
  );
}
