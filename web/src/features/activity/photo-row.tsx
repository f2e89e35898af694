import { ImageIcon } from "lucide-react";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { useOpenPhoto } from "@/features/photos/open-photo";
import { formatWhen } from "@/ui/format-when";
import type { Photo } from "./activity-queries";

interface Props {
  readonly photo: Photo;
  readonly children: ReactNode;
  /** Gets the id of the element with the photo's name. */
  readonly actions?: (nameId: string) => ReactNode;
}

/** A photo of a list: thumbnail, name, and what is to say of it. */
export function PhotoRow({ photo, children, actions }: Props) {
  const { t, i18n } = useTranslation();
  const open = useOpenPhoto();
  const nameId = useId();
  const name = photo.caption || photo.filename;
  const when = formatWhen(new Date(photo.created_at), i18n.language, new Date());
  const thumbnail = photo.variants[0]?.url;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line p-3 last:border-b-0 sm:flex-nowrap">
      <div className="grid size-14 shrink-0 place-items-center overflow-hidden rounded-lg bg-sunken">
        {thumbnail === undefined ? (
          <ImageIcon aria-hidden className="size-6 text-ink-soft" />
        ) : (
          <img src={thumbnail} alt="" className="size-full object-cover" />
        )}
      </div>
      <div className="min-w-0 grow basis-40">
        <button
          id={nameId}
          type="button"
          className="block max-w-full truncate rounded-sm text-start text-sm font-medium hover:underline"
          onClick={() => open(photo.id)}
        >
          {name}
        </button>
        {children}
        <p className="text-xs text-ink-soft">{t("activity.uploadedAt", { when })}</p>
      </div>
      {actions !== undefined && (
        <div className="flex flex-wrap gap-2 max-sm:ps-18">{actions(nameId)}</div>
      )}
    </li>
  );
}
