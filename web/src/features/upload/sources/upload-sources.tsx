import { Camera, ChevronDown, FolderUp, ImageUp } from "lucide-react";
import { useRef } from "react";
import { Menu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { useMenuOpening } from "@/ui/use-menu-opening";
import { ACCEPTED } from "../engine/file-types";
import { FileInput } from "./file-input";

const ITEM =
  "flex min-h-11 cursor-default items-center gap-3 rounded-lg px-3 text-sm outline-none focused:bg-hover";
const ICON = "size-4.5 text-ink-soft";

/** The other half of the upload button: what it does not take, a folder or the camera. */
export function UploadSources({ defaultOpen }: { readonly defaultOpen: boolean }) {
  const { trigger, menu } = useMenuOpening(defaultOpen);
  const { t } = useTranslation();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  // Where there is no camera to hand, the browser would open the file picker again.
  const hasCamera = matchMedia("(pointer: coarse)").matches;
  return (
    <>
      <MenuTrigger {...menu}>
        <Button
          ref={trigger}
          variant="primary"
          aria-label={t("upload.more")}
          className="!rounded-s-none border-s border-on-accent/30 !px-1.5 sm:!px-2"
        >
          <ChevronDown aria-hidden className="size-4" />
        </Button>
        <Popover
          placement="bottom end"
          className="w-56 animate-rise rounded-2xl border border-line bg-surface p-1.5 shadow-xl"
        >
          <Menu autoFocus="first" aria-label={t("upload.more")} className="outline-none">
            <MenuItem className={ITEM} onAction={() => files.current?.click()}>
              <ImageUp aria-hidden className={ICON} />
              {t("upload.files")}
            </MenuItem>
            <MenuItem className={ITEM} onAction={() => folder.current?.click()}>
              <FolderUp aria-hidden className={ICON} />
              {t("upload.folder")}
            </MenuItem>
            {hasCamera && (
              <MenuItem className={ITEM} onAction={() => camera.current?.click()}>
                <Camera aria-hidden className={ICON} />
                {t("upload.camera")}
              </MenuItem>
            )}
          </Menu>
        </Popover>
      </MenuTrigger>
      <FileInput ref={files} accept={ACCEPTED} multiple />
      <FileInput ref={folder} accept="" multiple folder />
      <FileInput ref={camera} accept="image/*" capture="environment" />
    </>
  );
}
