import { Link } from "@tanstack/react-router";
import { Dialog } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useTranslation } from "react-i18next";
import type { NavigationLink } from "./navigation";

interface Props {
  readonly groups: readonly (readonly NavigationLink[])[];
  readonly onClose: () => void;
}

/** The screens that the bar of a phone has no room for. */
export function MoreSheet({ groups, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <ModalOverlay
      isOpen
      onOpenChange={(isOpen) => isOpen || onClose()}
      isDismissable
      className="fixed inset-0 z-40 flex items-end bg-black/50 lg:hidden"
    >
      <Modal className="w-full animate-rise rounded-t-2xl bg-surface pb-[env(safe-area-inset-bottom)] shadow-xl">
        <Dialog aria-label={t("nav.more")} className="p-3 outline-none">
          <div aria-hidden className="mx-auto mb-2 h-1 w-10 rounded-full bg-line-strong" />
          {groups.map((links) => (
            <ul
              key={links[0]?.to}
              className="border-line not-last:mb-2 not-last:border-b not-last:pb-2"
            >
              {links.map(({ to, icon: Icon, label }) => (
                <li key={to}>
                  <Link
                    to={to}
                    onClick={onClose}
                    className="flex min-h-12 items-center gap-3.5 rounded-xl px-3 font-medium hover:bg-hover aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent"
                  >
                    <Icon aria-hidden className="size-5 text-ink-soft" />
                    {t(label)}
                  </Link>
                </li>
              ))}
            </ul>
          ))}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
