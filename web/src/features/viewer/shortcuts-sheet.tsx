import { X } from "lucide-react";
import { Dialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { useLocale } from "react-aria-components/I18nProvider";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";
import { commandOf, SHORTCUTS } from "./shortcuts";

interface Props {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

const SYMBOLS: Record<string, string> = { ArrowRight: "→", ArrowLeft: "←", "-": "−" };
const NAMED = { Delete: "viewer.key.Delete", Escape: "viewer.key.Escape", " ": "viewer.key.Space" };

/** What each key does. */
export function ShortcutsSheet({ isOpen, onOpenChange }: Props) {
  const { t } = useTranslation();
  const isRightToLeft = useLocale().direction === "rtl";
  const keyName = (key: string) =>
    isNamed(key) ? t(NAMED[key] as "viewer.key.Space") : (SYMBOLS[key] ?? key.toUpperCase());
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      isDismissable
      className="fixed inset-0 z-50 grid place-items-end bg-black/60 sm:place-items-center"
    >
      <Modal className="max-h-[85dvh] w-full max-w-md animate-rise overflow-y-auto rounded-t-2xl bg-surface p-6 text-ink shadow-xl sm:rounded-2xl">
        <Dialog className="outline-none">
          <div className="mb-4 flex items-center justify-between">
            <Heading slot="title" className="text-lg font-semibold">
              {t("viewer.shortcuts")}
            </Heading>
            <IconButton aria-label={t("viewer.close")} onPress={() => onOpenChange(false)}>
              <X aria-hidden className="size-5" />
            </IconButton>
          </div>
          <dl className="divide-y divide-line text-sm">
            {SHORTCUTS.map(({ keys: [key = ""], command, withCtrl = false }) => (
              <div key={command} className="flex items-center justify-between gap-4 py-2">
                <dt>
                  {t(`viewer.command.${commandOf(press(key, withCtrl), isRightToLeft) ?? command}`)}
                </dt>
                <dd>
                  <kbd
                    dir="ltr"
                    className="rounded-md border border-line-strong bg-sunken px-2 py-0.5 font-sans text-xs"
                  >
                    {withCtrl && `${t("viewer.key.Ctrl")} + `}
                    {keyName(key)}
                  </kbd>
                </dd>
              </div>
            ))}
          </dl>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function press(key: string, withCtrl: boolean) {
  return { key, ctrlKey: withCtrl, metaKey: false, altKey: false };
}

function isNamed(key: string): key is keyof typeof NAMED {
  return key in NAMED;
}
