import { Check, Pipette } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { classNames } from "@/ui/class-names";
import { COLOR_NAMES, COLORS, type ColorName, colorName } from "./names";

interface Props {
  /** Colours that some result has, with their number; undefined where that is unknown. */
  readonly counts?: ReadonlyMap<ColorName, number> | undefined;
  readonly isChosen: (color: string) => boolean;
  readonly onToggle: (color: string) => void;
}

const LIGHT: readonly ColorName[] = ["white", "yellow"];

/** Swatches of everyday colours, and any other colour. */
export function ColorFilter({ counts, isChosen, onToggle }: Props) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-wrap gap-2">
      {COLOR_NAMES.map((color) => {
        const count = counts?.get(color);
        const isEmpty = counts !== undefined && count === undefined && !isChosen(color);
        return (
          <button
            key={color}
            type="button"
            aria-pressed={isChosen(color)}
            aria-label={[
              colorName(color, t),
              ...(count === undefined ? [] : [t("search.results", { count })]),
            ].join(", ")}
            title={colorName(color, t)}
            onClick={() => onToggle(color)}
            className={classNames(
              "grid size-9 place-items-center rounded-full border border-line-strong aria-pressed:outline-2 aria-pressed:outline-offset-2 aria-pressed:outline-accent",
              isEmpty && "opacity-30",
            )}
            style={{ background: COLORS[color] }}
          >
            {isChosen(color) && (
              <Check
                aria-hidden
                className={classNames(
                  "size-4.5",
                  LIGHT.includes(color) ? "text-black" : "text-white",
                )}
              />
            )}
          </button>
        );
      })}
      <OtherColor onChoose={onToggle} />
    </div>
  );
}

function OtherColor({ onChoose }: { readonly onChoose: (color: string) => void }) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const choose = useRef(onChoose);
  useEffect(() => {
    choose.current = onChoose;
  });
  // React's `onChange` comes with every move in the picker, the browser's when it is closed.
  useEffect(() => {
    const element = input.current;
    const onChange = () => element && choose.current(element.value);
    element?.addEventListener("change", onChange);
    return () => element?.removeEventListener("change", onChange);
  }, []);
  return (
    <label
      title={t("search.color.other")}
      className="relative grid size-9 place-items-center rounded-full border border-dashed border-line-strong text-ink-soft focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent hover:bg-hover"
    >
      <Pipette aria-hidden className="size-4.5" />
      <input
        ref={input}
        type="color"
        defaultValue="#4a90d9"
        aria-label={t("search.color.other")}
        className="absolute inset-0 size-full opacity-0"
      />
    </label>
  );
}
