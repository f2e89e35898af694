import { type ComponentType, lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { Button } from "./button";

interface Props {
  /** Load the menu with its own trigger, which is in the place of this one from then on. */
  readonly load: () => Promise<ComponentType<{ readonly defaultOpen: boolean }>>;
  readonly label: string;
  readonly variant?: "primary" | "quiet";
  readonly className: string;
  readonly children: ReactNode;
}

/** A button whose menu is loaded when the button is pointed at or pressed. */
export function MenuOnIntent({ load, label, variant = "quiet", className, children }: Props) {
  const [wasPressed, setWasPressed] = useState(false);
  const Menu = useMemo(() => lazy(async () => ({ default: await load() })), [load]);
  const trigger = (
    <Button
      variant={variant}
      aria-label={label}
      aria-haspopup="menu"
      className={className}
      onHoverStart={() => void load()}
      onPress={() => setWasPressed(true)}
    >
      {children}
    </Button>
  );
  if (!wasPressed) return trigger;
  return (
    <Suspense fallback={trigger}>
      <Menu defaultOpen />
    </Suspense>
  );
}
