import { Sparkles, X } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Alert } from "@/ui/alert";
import { IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { foldTag } from "../pending-changes";
import type { PhotoDetail } from "../photo-query";
import { Section } from "./section";
import { TagField } from "./tag-field";
import { useSave } from "./use-save";

/** The owner's tags and those that were read from the picture. */
export function TagList({ photo }: { readonly photo: PhotoDetail }) {
  const { t } = useTranslation();
  const { save, alert } = useSave(photo.id);
  const input = useRef<HTMLInputElement>(null);
  const isReadOnly = photo.trashed_at != null;

  const add = (written: readonly string[]) => {
    const has = new Set(photo.tags.map(({ name }) => foldTag(name)));
    const isNew = (name: string) => name !== "" && !has.has(foldTag(name));
    const added = written.map((name) => name.trim()).filter(isNew);
    if (added.length > 0) void save({ tags_add: added });
  };
  const remove = (name: string) => {
    input.current?.focus();
    void save({ tags_remove: [name] });
  };

  return (
    <Section title={t("viewer.tags")}>
      {photo.tags.length > 0 && (
        <ul aria-label={t("viewer.tags")} className="flex flex-wrap gap-1.5">
          {photo.tags.map(({ name, source }) => (
            <li
              key={name}
              className={classNames(
                "flex max-w-full items-center rounded-full bg-sunken text-sm",
                isReadOnly ? "pe-3" : "pe-0.5",
                source === "ai" ? "ps-2" : "ps-3",
              )}
            >
              {source === "ai" && (
                <>
                  <Sparkles aria-hidden className="me-1 size-3.5 shrink-0 text-ink-soft" />
                  <span className="sr-only">{t("viewer.tags.read")} </span>
                </>
              )}
              <span dir="auto" className="truncate py-1">
                {name}
              </span>
              {!isReadOnly && (
                <IconButton
                  aria-label={t("viewer.tags.remove", { name })}
                  onPress={() => remove(name)}
                  className="ms-0.5 !size-7 !min-h-7 !rounded-full text-ink-soft"
                >
                  <X aria-hidden className="size-3.5" />
                </IconButton>
              )}
            </li>
          ))}
        </ul>
      )}
      {!isReadOnly && (
        <TagField field={input} tags={photo.tags.map(({ name }) => name)} onAdd={add} />
      )}
      <Alert>{alert}</Alert>
    </Section>
  );
}
