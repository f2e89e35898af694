import { useNavigate, useSearch } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { type FormEvent, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

/** The searchbox of the header. Its query is the address's, so that "back" undoes a search. */
export function SearchBox() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { q = "" } = useSearch({ strict: false });
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (input.current !== null) input.current.value = q;
  }, [q]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const query = input.current?.value.trim() ?? "";
    void navigate({ to: "/search", search: query === "" ? {} : { q: query } });
  };

  return (
    <search className="min-w-0 max-w-2xl grow">
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
          aria-label={t("search.label")}
          placeholder={t("search.label")}
          defaultValue={q}
          className="h-11 w-full rounded-full bg-sunken ps-10 pe-4 text-base text-ink placeholder:text-ink-soft sm:text-[0.9375rem]"
        />
      </form>
    </search>
  );
}
