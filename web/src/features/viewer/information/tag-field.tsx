import { Plus } from "lucide-react";
import { type FormEvent, type KeyboardEvent, type RefObject, useId, useState } from "react";
import { Popover } from "react-aria-components/Popover";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { optionId, SuggestionList } from "@/ui/suggestion-list";
import { INPUT } from "@/ui/text-field";
import { useSuggestions } from "@/ui/use-suggestions";
import { tagSuggestionsQuery, withTag } from "./tag-suggestions";

const MAX_LENGTH = 64;

interface Props {
  readonly field: RefObject<HTMLInputElement | null>;
  /** The names of the photo's tags. */
  readonly tags: readonly string[];
  readonly onAdd: (names: readonly string[]) => void;
}

/** A field for new tags, with those of the library that begin as what is written. */
export function TagField({ field, tags, onAdd }: Props) {
  const { t } = useTranslation();
  const listId = useId();
  const [text, setText] = useState("");
  const [form, setForm] = useState<HTMLFormElement | null>(null);
  const suggestions = useSuggestions(text, tagSuggestionsQuery(text, tags));
  const { isOpen, items, active } = suggestions;
  const dialog = form?.closest("[role=dialog]");

  const add = (names: readonly string[]) => {
    suggestions.close();
    setText("");
    onAdd(names);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const name = items[active];
    add(name === undefined ? text.split(",") : withTag(text, name));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || !suggestions.onKey(event.key)) return;
    event.preventDefault();
  };

  return (
    <form ref={setForm} onSubmit={submit} className="flex gap-1.5">
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-label={t("viewer.tags.add")}
        aria-autocomplete="list"
        aria-expanded={isOpen}
        aria-controls={isOpen ? listId : undefined}
        aria-activedescendant={active >= 0 ? optionId(listId, active) : undefined}
        placeholder={t("viewer.tags.add")}
        maxLength={MAX_LENGTH}
        dir="auto"
        autoComplete="off"
        enterKeyHint="done"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          suggestions.open();
        }}
        onKeyDown={onKeyDown}
        onBlur={suggestions.close}
        className={classNames(INPUT, "!min-h-10 !text-sm")}
      />
      {/* Within the dialog, since what is beside it belongs to no landmark. */}
      <Popover
        {...(dialog && { UNSTABLE_portalContainer: dialog })}
        triggerRef={field}
        isNonModal
        isOpen={isOpen}
        onOpenChange={suggestions.close}
        className="flex w-(--trigger-width) animate-rise rounded-xl border border-line bg-surface shadow-xl"
      >
        <SuggestionList
          id={listId}
          label={t("search.suggestions")}
          items={items}
          active={active}
          onActive={suggestions.activate}
          onChoose={(name) => add(withTag(text, name))}
          className="grow overflow-y-auto p-1"
        >
          {(name) => (
            <span dir="auto" className="truncate">
              {name}
            </span>
          )}
        </SuggestionList>
      </Popover>
      <span aria-live="polite" className="sr-only">
        {isOpen && t("search.suggestions.count", { count: items.length })}
      </span>
      {text.trim() !== "" && (
        <IconButton type="submit" aria-label={t("viewer.tags.submit")}>
          <Plus aria-hidden className="size-5" />
        </IconButton>
      )}
    </form>
  );
}
