import { Dialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useTranslation } from "react-i18next";
import { Button } from "./button";

interface Props {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly title: string;
  readonly text: string;
  readonly action: string;
  /** For a question that "Cancel" would not answer. */
  readonly dismissLabel?: string;
  readonly onConfirm: () => void;
}

/** Asks before something that cannot be undone. */
export function ConfirmDialog(props: Props) {
  const { isOpen, onOpenChange, title, text, action, dismissLabel, onConfirm } = props;
  const { t } = useTranslation();
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      isDismissable
      className="fixed inset-0 z-40 grid place-items-end bg-black/50 sm:place-items-center"
    >
      <Modal className="w-full max-w-md animate-rise rounded-t-2xl bg-surface p-6 shadow-xl sm:rounded-2xl">
        <Dialog role="alertdialog" className="outline-none">
          <Heading slot="title" className="text-lg font-semibold">
            {title}
          </Heading>
          <p className="mt-2 text-ink-soft">{text}</p>
          <div className="mt-6 flex justify-end gap-2">
            <Button variant="quiet" autoFocus onPress={() => onOpenChange(false)}>
              {dismissLabel ?? t("action.cancel")}
            </Button>
            <Button
              variant="danger"
              onPress={() => {
                onOpenChange(false);
                onConfirm();
              }}
            >
              {action}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
