import { ChevronDown, Upload } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { MenuOnIntent } from "@/ui/menu-on-intent";
import { ACCEPTED } from "./engine/file-types";
import { FileInput } from "./sources/file-input";

const loadSources = async () => (await import("./sources/upload-sources")).UploadSources;

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
        <MenuOnIntent
          load={loadSources}
          variant="primary"
          label={t("upload.more")}
          className="!rounded-s-none border-s border-on-accent/30 !px-1.5 sm:!px-2"
        >
          <ChevronDown aria-hidden className="size-4" />
        </MenuOnIntent>
      )}
    </div>
  );
}
