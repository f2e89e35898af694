import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type KeyboardEvent, type RefObject, useState } from "react";
import { ComboBox } from "react-aria-components/ComboBox";
import { Input } from "react-aria-components/Input";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { INPUT } from "@/ui/text-field";
import { lastTag, tagSuggestionsQuery, unusedTags, withTag } from "./tag-suggestions";

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
  const [text, setText] = useState("");
  const [dialog, setDialog] = useState<Element | null>(null);
  const { data } = useQuery({ ...tagSuggestionsQuery(text), enabled: lastTag(text) !== "" });
  const suggestions = lastTag(text) === "" ? [] : unusedTags(data ?? [], tags);

  const add = (names: readonly string[]) => {
    setText("");
    onAdd(names);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const isChosen = field.current?.hasAttribute("aria-activedescendant");
    // Without a suggestion chosen, Enter is for what is written; the list would only be closed.
    if (event.key !== "Enter" || isChosen || event.nativeEvent.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    if (text.trim() !== "") add(text.split(","));
  };

  return (
    <div
      ref={(element) => setDialog(element?.closest("[role=dialog]") ?? null)}
      onKeyDownCapture={onKeyDown}
      className="flex gap-1.5"
    >
      <ComboBox
        aria-label={t("viewer.tags.add")}
        allowsCustomValue
        // Suggestions come after the key that opens the list.
        allowsEmptyCollection
        inputValue={text}
        onInputChange={setText}
        items={suggestions.map((name) => ({ id: name }))}
        selectedKey={null}
        onSelectionChange={(name) => {
          if (name !== null) add(withTag(text, String(name)));
        }}
        className="min-w-0 grow"
      >
        <Input
          ref={field}
          placeholder={t("viewer.tags.add")}
          maxLength={MAX_LENGTH}
          dir="auto"
          autoComplete="off"
          enterKeyHint="done"
          className={classNames(INPUT, "!min-h-10 !text-sm")}
        />
        {/* Within the dialog, since what is beside it belongs to no landmark. */}
        <Popover
          {...(dialog && { UNSTABLE_portalContainer: dialog })}
          className={classNames(
            "w-(--trigger-width) animate-rise overflow-y-auto rounded-xl border border-line bg-surface p-1 shadow-xl",
            suggestions.length === 0 && "hidden",
          )}
        >
          <ListBox<{ readonly id: string }> className="outline-none">
            {({ id: name }) => (
              <ListBoxItem
                textValue={name}
                className="flex min-h-10 cursor-default items-center rounded-lg px-3 text-sm text-ink outline-none focus:bg-hover"
              >
                <span dir="auto" className="truncate">
                  {name}
                </span>
              </ListBoxItem>
            )}
          </ListBox>
        </Popover>
      </ComboBox>
      {text.trim() !== "" && (
        <IconButton aria-label={t("viewer.tags.submit")} onPress={() => add(text.split(","))}>
          <Plus aria-hidden className="size-5" />
        </IconButton>
      )}
    </div>
  );
}
