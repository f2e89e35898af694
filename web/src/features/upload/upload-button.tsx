import { Upload } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { toSentence } from "@/app/i18n/problem-words";
import { showStoredPhotos } from "@/features/timeline/months";
import { Button } from "@/ui/button";
import { showToast } from "@/ui/toasts";
import { sendPhoto } from "./send-photo";

/** Opens the file picker and uploads what is chosen, one file after another. */
export function UploadButton({ label }: { readonly label?: string }) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);

  const send = async (files: readonly File[]) => {
    if (files.length === 0) return;
    showToast(t("upload.sending", { count: files.length }));
    const stored: string[] = [];
    for (const file of files) {
      try {
        stored.push(await sendPhoto(file));
      } catch (error) {
        showToast(t("upload.failed", { name: file.name, reason: toSentence(error, t) }));
      }
    }
    if (stored.length > 0) showToast(t("upload.sent", { count: stored.length }));
    await showStoredPhotos(stored);
  };

  return (
    <>
      <Button
        variant="primary"
        aria-label={label ?? t("upload.button")}
        className={label === undefined ? "max-sm:!px-3" : undefined}
        onPress={() => input.current?.click()}
      >
        <Upload aria-hidden className="size-4.5" />
        <span className={label === undefined ? "max-sm:hidden" : undefined}>
          {label ?? t("upload.button")}
        </span>
      </Button>
      <input
        ref={input}
        type="file"
        accept="image/*"
        multiple
        hidden
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          // The same files may be chosen again.
          event.target.value = "";
          void send(files);
        }}
      />
    </>
  );
}
