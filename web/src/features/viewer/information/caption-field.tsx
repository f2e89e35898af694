import { type FocusEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Label } from "react-aria-components/Label";
import { TextArea } from "react-aria-components/TextArea";
import { TextField } from "react-aria-components/TextField";
import { useTranslation } from "react-i18next";
import { Alert } from "@/ui/alert";
import { Button } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { INPUT } from "@/ui/text-field";
import type { PhotoDetail } from "../photo-query";
import { useSave } from "./use-save";

const MAX_LENGTH = 5_000;

/** The caption, saved by Enter, by the button, and when one goes elsewhere. */
export function CaptionField({ photo }: { readonly photo: PhotoDetail }) {
  const { t } = useTranslation();
  const { save, alert, dismiss } = useSave(photo.id);
  const caption = photo.caption ?? "";
  /** What is being written; undefined while nothing is. */
  const [draft, setDraft] = useState<string>();
  /** What could not be saved, to try again. */
  const [unsaved, setUnsaved] = useState<string>();
  const isChanged = draft !== undefined && draft.trim() !== caption.trim();

  const send = async (text: string) => {
    setDraft(undefined);
    setUnsaved(undefined);
    if (text.trim() === caption.trim()) return;
    if (!(await save({ caption: text.trim() || null }))) setUnsaved(text);
  };
  const cancel = () => {
    setDraft(undefined);
    setUnsaved(undefined);
    dismiss();
  };

  // Going back in the history ends the panel without a blur.
  const unmounted = useRef<() => void>(undefined);
  useEffect(() => {
    unmounted.current = () => {
      if (isChanged) void send(draft);
    };
  });
  useEffect(() => () => unmounted.current?.(), []);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      if (draft !== undefined) void send(draft);
    } else if (event.key === "Escape") cancel();
  };
  const onBlur = (event: FocusEvent) => {
    // To one of the buttons, which says what is wanted.
    if (event.currentTarget.contains(event.relatedTarget)) return;
    if (draft !== undefined) void send(draft);
  };

  return (
    <div role="group" onBlur={onBlur} className="flex flex-col gap-2">
      <TextField
        value={draft ?? caption}
        onChange={setDraft}
        maxLength={MAX_LENGTH}
        isDisabled={photo.trashed_at != null}
        className="flex flex-col gap-1.5"
      >
        <Label className="text-sm font-semibold">{t("viewer.caption")}</Label>
        <TextArea
          dir="auto"
          rows={1}
          placeholder={t("viewer.caption.placeholder")}
          onKeyDown={onKeyDown}
          className={classNames(INPUT, "field-sizing-content max-h-60 resize-none py-2.5")}
        />
      </TextField>
      {isChanged && (
        <div className="flex justify-end gap-2">
          <Button variant="quiet" onPress={cancel}>
            {t("action.cancel")}
          </Button>
          <Button variant="primary" onPress={() => void send(draft)}>
            {t("action.save")}
          </Button>
        </div>
      )}
      <Alert>{alert}</Alert>
      {unsaved !== undefined && (
        <div className="flex items-center gap-2">
          <p dir="auto" className="min-w-0 grow truncate text-sm text-ink-soft">
            {unsaved}
          </p>
          <Button onPress={() => void send(unsaved)}>{t("action.retry")}</Button>
        </div>
      )}
    </div>
  );
}
