import { CheckCheck, Download, Heart, Trash2, X } from "lucide-react";
import { type ReactNode, useEffect, useEffectEvent } from "react";
import { Toolbar } from "react-aria-components/Toolbar";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/ui/button";

interface Props {
  readonly count: number;
  /** Whether all are selected that can be. */
  readonly isAll: boolean;
  /** What "all" means, where it is not all there are. */
  readonly note?: string | undefined;
  readonly onSelectAll: () => void;
  readonly onClear: () => void;
  readonly children: ReactNode;
}

/** What can be done with the selected photos; it covers the header while there are some. */
export function SelectionToolbar(props: Props) {
  const { count, isAll, note, onSelectAll, onClear, children } = props;
  const { t, i18n } = useTranslation();
  return (
    <Toolbar
      aria-label={t("photos.selection")}
      className="fixed inset-x-0 top-0 z-30 flex h-16 items-center gap-1 border-b border-line bg-surface px-2 shadow-sm sm:px-4 lg:start-56"
    >
      <IconButton aria-label={t("photos.clearSelection")} onPress={onClear}>
        <X aria-hidden className="size-5" />
      </IconButton>
      <p role="status" className="min-w-0 truncate font-medium tabular-nums">
        <span aria-hidden className="min-[24rem]:hidden">
          {count.toLocaleString(i18n.language)}
        </span>
        <span className="max-[24rem]:sr-only">{t("photos.selected", { count })}</span>
        {note && <span className="ms-2 text-sm font-normal text-ink-soft">{note}</span>}
      </p>
      {!isAll && (
        <Button
          variant="quiet"
          aria-label={t("photos.selectAll")}
          className="shrink-0 !text-accent max-sm:size-11 max-sm:!px-0 sm:!px-2"
          onPress={onSelectAll}
        >
          <CheckCheck aria-hidden className="size-5 sm:hidden" />
          <span className="max-sm:hidden">{t("photos.selectAll")}</span>
        </Button>
      )}
      <div className="ms-auto flex shrink-0 items-center">{children}</div>
    </Toolbar>
  );
}

interface ActionProps {
  readonly label: string;
  readonly icon: typeof Heart;
  readonly isPending?: boolean;
  readonly onPress: () => void;
}

/** A button of the toolbar: its icon, and beside it its name where there is room. */
export function SelectionAction({ label, icon: Icon, isPending = false, onPress }: ActionProps) {
  return (
    <Button
      variant="quiet"
      aria-label={label}
      isPending={isPending}
      className="max-xl:size-11 max-xl:!px-0"
      onPress={onPress}
    >
      <Icon aria-hidden className="size-5" />
      <span className="max-xl:hidden">{label}</span>
    </Button>
  );
}

interface LibraryActionsProps {
  readonly isPending: boolean;
  readonly onFavorite: () => void;
  readonly onDownload: () => void;
  readonly onTrash: () => void;
}

/** The actions on photos of the library. The Delete key puts them into the trash too. */
export function LibraryActions(props: LibraryActionsProps) {
  const { isPending, onFavorite, onDownload, onTrash } = props;
  const { t } = useTranslation();
  useDeleteKey(onTrash);
  return (
    <>
      <SelectionAction
        label={t("photos.favorite")}
        icon={Heart}
        isPending={isPending}
        onPress={onFavorite}
      />
      <SelectionAction
        label={t("photos.download")}
        icon={Download}
        isPending={isPending}
        onPress={onDownload}
      />
      <SelectionAction
        label={t("photos.trash")}
        icon={Trash2}
        isPending={isPending}
        onPress={onTrash}
      />
    </>
  );
}

const KEEPS_DELETE = "input, textarea, [contenteditable]";
const DIALOG = "[role=dialog], [role=alertdialog]";

/** Run the action at the Delete key, wherever the focus is but in a field or beside a dialog. */
function useDeleteKey(action: () => void): void {
  const run = useEffectEvent((event: KeyboardEvent) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    if (key !== "Delete" || ctrlKey || metaKey || altKey || event.defaultPrevented) return;
    if (target instanceof Element && target.closest(KEEPS_DELETE) !== null) return;
    if (document.querySelector(DIALOG) === null) action();
  });
  useEffect(() => {
    window.addEventListener("keydown", run);
    return () => window.removeEventListener("keydown", run);
  }, []);
}
