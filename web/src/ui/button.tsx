import { type Ref, useEffect, useRef } from "react";
import { Button as AriaButton, type ButtonProps } from "react-aria-components/Button";
import { classNames } from "./class-names";

type Variant = "primary" | "secondary" | "quiet" | "danger";

const BASE =
  "inline-flex items-center justify-center gap-2 rounded-lg text-sm font-medium min-h-10 select-none " +
  "cursor-default transition-colors disabled:opacity-60 pressed:scale-[0.98] motion-reduce:pressed:scale-100";

const VARIANTS: Record<Variant, string> = {
  primary: "bg-accent px-4 text-on-accent hover:bg-accent-strong",
  secondary: "border border-line-strong bg-surface px-4 text-ink hover:bg-sunken",
  quiet: "px-3 text-ink hover:bg-hover",
  danger: "border border-line-strong px-4 text-danger hover:bg-danger-soft",
};

interface Props extends Omit<ButtonProps, "className"> {
  readonly variant?: Variant;
  readonly className?: string | undefined;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({ variant = "secondary", className, ...props }: Props) {
  const wasPending = useRef(false);
  useEffect(() => {
    if (props.isPending) wasPending.current = true;
  }, [props.isPending]);
  useEffect(
    () => () => {
      if (wasPending.current) setTimeout(removeEmptyAnnouncements, ANNOUNCED_AFTER_MS);
    },
    [],
  );
  return <AriaButton {...props} className={classNames(BASE, VARIANTS[variant], className)} />;
}

/** The first announcement is made so much later. */
const ANNOUNCED_AFTER_MS = 150;

/** What announces a pending button refers to the button, which may be gone. */
function removeEmptyAnnouncements(): void {
  for (const node of document.querySelectorAll("[data-live-announcer] [aria-labelledby]")) {
    const ids = node.getAttribute("aria-labelledby")?.split(" ") ?? [];
    if (ids.every((id) => document.getElementById(id) === null)) node.remove();
  }
}

/** A square button that shows an icon; it needs an `aria-label`. */
export function IconButton({
  className,
  ...props
}: Omit<Props, "variant"> & { "aria-label": string }) {
  return (
    <Button
      {...props}
      variant="quiet"
      className={classNames("size-10 !px-0 shrink-0", className)}
    />
  );
}

/** A link that looks like the primary button. */
export const LINK_BUTTON = classNames(BASE, VARIANTS.primary);
