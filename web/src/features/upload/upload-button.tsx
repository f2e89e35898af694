import { Upload } from "lucide-react";
import { lazy, Suspense, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { ACCEPTED } from "./engine/file-types";
import { FileInput } from "./sources/file-input";

/** A menu is not needed for the first paint. */
const UploadSources = lazy(async () => ({
  default: (await import("./sources/upload-sources")).UploadSources,
}));

/** Opens the file picker and uploads what is chosen; without a label, with a menu of sources. */
export function UploadButton({ label }: { readonly label?: string }) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const hasSources = label === undefined;
  return (
    <div className="flex">
      <Button
        variant="primary"
        aria-label={label ?? t("upload.button")}
        className={classNames(hasSources && "!rounded-e-none max-sm:!px-2.5")}
        onPress={() => input.current?.click()}
      >
        <Upload aria-hidden className="size-4.5" />
        <span className={hasSources ? "max-sm:hidden" : undefined}>
          {label ?? t("upload.button")}
        </span>
      </Button>
      <FileInput ref={input} accept={ACCEPTED} multiple />
      {hasSources && (
        <Suspense fallback={<div className="w-7 rounded-e-lg bg-accent sm:w-8" />}>
          <UploadSources />
        </Suspense>
      )}
    </div>
  );
}
