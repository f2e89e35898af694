import { useNavigate } from "@tanstack/react-router";
import { ImageUp, Search, X } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { PictureChooser } from "@/features/search/picture-chooser";
import { type Suggestion, suggestionsQuery } from "@/features/search/search-queries";
import { SearchSuggestions } from "@/features/search/search-suggestions";
import { suggestionAddress } from "@/features/search/suggestion-address";
import { usePictureTarget, useSearchByPicture } from "@/features/search/use-picture-target";
import { useTypedQuery } from "@/features/search/use-typed-query";
import { IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { optionId } from "@/ui/suggestion-list";
import { useSuggestions } from "@/ui/use-suggestions";

/** The searchbox of the header. It suggests, and the search screen answers, as one types. */
export function SearchBox() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const query = useTypedQuery();
  const suggestions = useSuggestions(query.text, suggestionsQuery(query.text.trim()));
  const searchByPicture = useSearchByPicture();
  const { isOver, targetProps } = usePictureTarget(searchByPicture);
  const { isOpen, active, items } = suggestions;
  useFocusShortcut(input);

  const choose = (suggestion: Suggestion) => {
    suggestions.close();
    const address = suggestionAddress(suggestion, query.kept);
    query.settle(address.q ?? "");
    void navigate({ to: "/search", search: address });
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const suggestion = items[active];
    if (isOpen && suggestion !== undefined) {
      choose(suggestion);
      return;
    }
    suggestions.close();
    query.submit();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || !suggestions.onKey(event.key)) return;
    event.preventDefault();
  };

  const clear = () => {
    query.type("");
    input.current?.focus();
  };

  return (
    <search
      {...targetProps}
      className="min-w-0 max-w-2xl grow"
      onBlur={({ currentTarget, relatedTarget }) => {
        if (currentTarget.contains(relatedTarget)) return;
        suggestions.close();
        query.finish();
      }}
    >
      <form onSubmit={submit} className="relative">
        <Search
          aria-hidden
          className="pointer-events-none absolute start-3.5 top-1/2 size-4.5 -translate-y-1/2 text-ink-soft"
        />
        <input
          ref={input}
          type="search"
          name="q"
          enterKeyHint="search"
          autoComplete="off"
          autoCapitalize="none"
          maxLength={500}
          // Not a `combobox`: `type="search"` is a searchbox, which may have these three as well.
          aria-autocomplete="list"
          aria-controls={isOpen ? listId : undefined}
          aria-activedescendant={isOpen && active >= 0 ? optionId(listId, active) : undefined}
          aria-label={t("search.label")}
          placeholder={isOver ? t("search.picture.drop") : t("search.label")}
          value={query.text}
          onChange={(event) => {
            query.type(event.target.value);
            suggestions.open();
          }}
          onClick={suggestions.open}
          onFocus={suggestions.open}
          onKeyDown={onKeyDown}
          className={classNames(
            "h-11 w-full rounded-full bg-sunken ps-10 text-base text-ink placeholder:text-ink-soft sm:text-[0.9375rem] [&::-webkit-search-cancel-button]:hidden",
            query.text === "" ? "pe-12" : "pe-21",
            isOver && "outline-2 outline-accent",
          )}
        />
        <div className="absolute inset-y-0 end-1 flex items-center">
          {query.text !== "" && (
            <IconButton
              aria-label={t("search.clear")}
              onPress={clear}
              className="!min-h-9 !size-9 !rounded-full text-ink-soft"
            >
              <X aria-hidden className="size-4.5" />
            </IconButton>
          )}
          <PictureChooser onPicture={searchByPicture}>
            {(open) => (
              <IconButton
                aria-label={t("search.picture.choose")}
                onPress={open}
                className="!min-h-9 !size-9 !rounded-full text-ink-soft"
              >
                <ImageUp aria-hidden className="size-4.5" />
              </IconButton>
            )}
          </PictureChooser>
        </div>
        {isOpen && (
          <SearchSuggestions
            id={listId}
            suggestions={items}
            active={active}
            onActive={suggestions.activate}
            onChoose={choose}
          />
        )}
        <span aria-live="polite" className="sr-only">
          {isOpen && t("search.suggestions.count", { count: items.length })}
        </span>
      </form>
    </search>
  );
}

/** `/` puts the focus into the searchbox, unless one is writing or a dialog is open. */
function useFocusShortcut(input: React.RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      const { target } = event;
      if (target instanceof HTMLElement) {
        const field =
          "input, textarea, select, [contenteditable], [role=dialog], [role=alertdialog]";
        if (target.closest(field) !== null) return;
      }
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [input]);
}
