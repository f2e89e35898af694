import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import type { Chip } from "./chips";
import type { SearchAddress } from "./search-address";

interface Props {
  readonly chips: readonly Chip[];
  /** Called with the search without a chip. */
  readonly onChange: (address: SearchAddress) => void;
}

/** What the search was understood as, each part with a button that takes it out. */
export function UnderstoodList({ chips, onChange }: Props) {
  const { t } = useTranslation();
  const list = useRef<HTMLUListElement>(null);
  const removed = useRef(-1);

  // The focus was on a button that is gone: it goes to the next one.
  useEffect(() => {
    if (removed.current === -1 || document.activeElement !== document.body) return;
    const buttons = list.current?.querySelectorAll("button") ?? [];
    buttons[Math.min(removed.current, chips.length - 1)]?.focus();
    removed.current = -1;
  }, [chips]);

  if (chips.length === 0) return null;
  return (
    <ul ref={list} aria-label={t("search.understood")} className="flex flex-wrap gap-2">
      {chips.map((chip, index) => (
        <UnderstoodChip
          key={chip.key}
          chip={chip}
          onRemove={() => {
            removed.current = index;
            onChange(chip.removal);
          }}
        />
      ))}
    </ul>
  );
}

interface ChipProps {
  readonly chip: Chip;
  readonly onRemove: () => void;
}

function UnderstoodChip({ chip: { label, isKnown }, onRemove }: ChipProps) {
  const { t } = useTranslation();
  return (
    <li
      className={classNames(
        "flex min-h-9 max-w-full items-center rounded-full ps-3.5 text-sm",
        isKnown
          ? "bg-accent-soft font-medium text-ink"
          : "border border-dashed border-line-strong text-ink-soft",
      )}
    >
      <bdi className="truncate">{isKnown ? label : t("search.chip.unknown", { label })}</bdi>
      <IconButton
        aria-label={t("search.chip.remove", { label })}
        onPress={onRemove}
        className="ms-0.5 !min-h-9 !size-9 !rounded-full text-ink-soft"
      >
        <X aria-hidden className="size-4" />
      </IconButton>
    </li>
  );
}
