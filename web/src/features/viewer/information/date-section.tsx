import { Pencil } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Alert } from "@/ui/alert";
import { Button, IconButton } from "@/ui/button";
import { TextField } from "@/ui/text-field";
import type { PhotoDetail } from "../photo-query";
import { Section } from "./section";
import { useSave } from "./use-save";
import { parseOffset, toFieldValue, toTakenAt, wallTimeWords } from "./wall-time";

/** When the photo was taken, as the clocks there said, and a form that changes it. */
export function DateSection({ photo }: { readonly photo: PhotoDetail }) {
  const { t, i18n } = useTranslation();
  const { save, alert } = useSave(photo.id);
  const [isOpen, setIsOpen] = useState(false);
  const { day, time } = wallTimeWords(photo, i18n.language);
  const offset = photo.taken_at_offset;
  const change = (takenAt: string | null) => {
    setIsOpen(false);
    void save({ taken_at: takenAt });
  };
  return (
    <Section
      title={t("viewer.date")}
      end={
        photo.trashed_at == null &&
        !isOpen && (
          <IconButton
            aria-label={t("viewer.date.change")}
            className="!size-9 !min-h-9 text-ink-soft"
            onPress={() => setIsOpen(true)}
          >
            <Pencil aria-hidden className="size-4" />
          </IconButton>
        )
      }
    >
      {isOpen ? (
        <DateForm photo={photo} onChange={change} onCancel={() => setIsOpen(false)} />
      ) : (
        <div className="text-sm">
          <p>{day}</p>
          <p className="text-ink-soft">
            {time}
            {" · "}
            {offset == null ? t("viewer.date.noOffset") : <bdi>{`GMT${offset}`}</bdi>}
          </p>
          {offset != null && (
            <p className="text-ink-soft">{t(`viewer.date.source.${photo.taken_at_source}`)}</p>
          )}
        </div>
      )}
      <Alert>{alert}</Alert>
    </Section>
  );
}

interface FormProps {
  readonly photo: PhotoDetail;
  readonly onChange: (takenAt: string | null) => void;
  readonly onCancel: () => void;
}

function DateForm({ photo, onChange, onCancel }: FormProps) {
  const { t } = useTranslation();
  const [local, setLocal] = useState(toFieldValue(photo.taken_at_local));
  const [offset, setOffset] = useState(photo.taken_at_offset ?? "");
  const [isWrong, setIsWrong] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const parsed = offset.trim() === "" ? "" : parseOffset(offset);
    if (parsed === null || local === "") setIsWrong(true);
    else onChange(toTakenAt(local, parsed));
  };
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-3">
      <TextField
        autoFocus
        type="datetime-local"
        label={t("viewer.date.local")}
        value={local}
        onChange={setLocal}
      />
      <TextField
        label={t("viewer.date.offset")}
        hint={t("viewer.date.offset.hint")}
        value={offset}
        onChange={(text) => {
          setOffset(text);
          setIsWrong(false);
        }}
        maxLength={6}
      />
      <Alert>{isWrong ? t("viewer.date.wrong") : undefined}</Alert>
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="quiet" className="me-auto" onPress={() => onChange(null)}>
          {t("viewer.date.fromFile")}
        </Button>
        <Button variant="quiet" onPress={onCancel}>
          {t("action.cancel")}
        </Button>
        <Button variant="primary" type="submit">
          {t("action.save")}
        </Button>
      </div>
    </form>
  );
}
