import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { LucideIcon } from "lucide-react";
import { useTranslation } from "react-i18next";
import { CoverImage } from "@/ui/cover-image";
import { coverQuery, type SearchFilter } from "./overview";

interface Props {
  readonly filter: SearchFilter;
  readonly name: string;
  readonly count: number;
  readonly icon: LucideIcon;
}

/** A way into the library: its newest picture, its name, and how many photos it leads to. */
export function CoverCard({ filter, name, count, icon: Icon }: Props) {
  const { t } = useTranslation();
  const { data: cover } = useQuery(coverQuery(filter));
  return (
    <Link
      to="/search"
      search={filter}
      className="group relative block aspect-square overflow-hidden rounded-2xl bg-sunken"
    >
      <Icon
        aria-hidden
        className="absolute inset-0 m-auto size-7 -translate-y-3 text-ink-soft opacity-60"
      />
      <span className="absolute inset-0 transition-transform duration-300 group-hover:scale-105 motion-reduce:transition-none">
        {cover && <CoverImage {...cover} />}
      </span>
      <CardText title={name} text={t("explore.count", { count })} />
    </Link>
  );
}

/** White on a shade that any picture leaves readable. */
export function CardText({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <span className="absolute inset-x-0 bottom-0 bg-linear-to-t from-black/80 via-black/55 to-transparent px-3 pt-10 pb-2.5 text-white">
      <span className="line-clamp-2 text-sm font-semibold break-words">{title}</span>{" "}
      <span className="block text-xs text-white/90">{text}</span>
    </span>
  );
}
