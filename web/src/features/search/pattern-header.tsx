import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";

interface Props {
  readonly title: string;
  /** Of the picture; empty while it is not known. */
  readonly name: string;
  readonly src: string | undefined;
  /** What is removed. */
  readonly label: string;
  readonly onEnd: () => void;
  readonly children?: ReactNode;
}

/** The picture that results look like, with a button that ends the search by it. */
export function PatternHeader({ title, name, src, label, onEnd, children }: Props) {
  const { t } = useTranslation();
  return (
    <div className="flex items-center gap-4">
      <div className="size-20 shrink-0 overflow-hidden rounded-xl bg-sunken">
        {src !== undefined && <img src={src} alt="" className="size-full object-cover" />}
      </div>
      <div className="min-w-0 grow">
        <h1 className="text-lg font-semibold">{title}</h1>
        <p className="min-h-5 truncate text-sm text-ink-soft">
          <bdi>{name}</bdi>
        </p>
        {children}
      </div>
      <IconButton aria-label={t("search.chip.remove", { label })} onPress={onEnd}>
        <X aria-hidden className="size-5" />
      </IconButton>
    </div>
  );
}
