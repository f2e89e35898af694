import { SlidersHorizontal, X } from "lucide-react";
import { useState } from "react";
import { Dialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/ui/button";
import { FilterPanel } from "./filter-panel";
import { countFilters, type SearchAddress } from "./search-address";
import type { Facets } from "./search-queries";

interface Props {
  readonly address: SearchAddress;
  readonly facets: Facets | null | undefined;
  /** Undefined while it is not known. */
  readonly total: number | undefined;
  readonly onChange: (address: SearchAddress) => void;
}

/** The filters in a sheet that a button opens: on screens without room beside the results. */
export function FilterSheet({ address, facets, total, onChange }: Props) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  const chosen = countFilters(address);
  return (
    <>
      <Button className="ms-auto shrink-0 lg:hidden" onPress={() => setIsOpen(true)}>
        <SlidersHorizontal aria-hidden className="size-4.5" />
        {t("search.filters.title")}
        {chosen > 0 && (
          <span className="grid size-5 place-items-center rounded-full bg-accent text-xs text-on-accent">
            {chosen}
          </span>
        )}
      </Button>
      <ModalOverlay
        isOpen={isOpen}
        onOpenChange={setIsOpen}
        isDismissable
        className="fixed inset-0 z-40 grid items-end bg-black/50 lg:hidden"
      >
        <Modal className="max-h-[85dvh] animate-rise overflow-y-auto rounded-t-2xl bg-surface shadow-xl">
          <Dialog className="outline-none">
            <div className="sticky top-0 z-10 flex items-center justify-between bg-surface py-2 ps-5 pe-2">
              <Heading slot="title" className="text-lg font-semibold">
                {t("search.filters.title")}
              </Heading>
              <IconButton aria-label={t("action.close")} onPress={() => setIsOpen(false)}>
                <X aria-hidden className="size-5" />
              </IconButton>
            </div>
            <div className="px-5 pb-4">
              <FilterPanel address={address} facets={facets} onChange={onChange} />
            </div>
            <div className="sticky bottom-0 border-t border-line bg-surface px-5 py-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
              <Button variant="primary" className="w-full" onPress={() => setIsOpen(false)}>
                {total === undefined
                  ? t("action.close")
                  : t("search.filters.show", { count: total })}
              </Button>
            </div>
          </Dialog>
        </Modal>
      </ModalOverlay>
    </>
  );
}
