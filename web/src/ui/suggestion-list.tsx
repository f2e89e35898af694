import { type ReactNode, useEffect, useRef } from "react";

interface Props<Item> {
  readonly id: string;
  readonly label: string;
  readonly items: readonly Item[];
  /** The one that Enter takes; -1 for none. */
  readonly active: number;
  readonly onActive: (index: number) => void;
  readonly onChoose: (item: Item) => void;
  readonly className: string;
  readonly children: (item: Item) => ReactNode;
}

export function optionId(listId: string, index: number): string {
  return `${listId}-${index}`;
}

/** The listbox of a field, which keeps the focus and has the keys (`useSuggestions`). */
export function SuggestionList<Item>({ id, label, className, items, ...props }: Props<Item>) {
  const { active, onActive, onChoose, children } = props;
  return (
    <div id={id} role="listbox" aria-label={label} className={className}>
      {items.map((item, index) => (
        <Option
          key={optionId(id, index)}
          id={optionId(id, index)}
          isActive={index === active}
          onActive={() => onActive(index)}
          onChoose={() => onChoose(item)}
        >
          {children(item)}
        </Option>
      ))}
    </div>
  );
}

interface OptionProps {
  readonly id: string;
  readonly isActive: boolean;
  readonly onActive: () => void;
  readonly onChoose: () => void;
  readonly children: ReactNode;
}

function Option({ id, isActive, onActive, onChoose, children }: OptionProps) {
  const option = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isActive) option.current?.scrollIntoView({ block: "nearest" });
  }, [isActive]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus and the keys.
    <div
      ref={option}
      id={id}
      role="option"
      aria-selected={isActive}
      onPointerMove={isActive ? undefined : onActive}
      onPointerDown={(event) => event.preventDefault()}
      onClick={onChoose}
      className="flex min-h-11 cursor-default items-center gap-3 rounded-xl px-3 text-sm aria-selected:bg-hover"
    >
      {children}
    </div>
  );
}
