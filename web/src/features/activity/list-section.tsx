import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { MOST_SHOWN } from "./activity-queries";

interface Props {
  readonly title: string;
  readonly hint: string;
  readonly count: number;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** Photos in one state, with what can be done to all of them. */
export function ListSection({ title, hint, count, actions, children }: Props) {
  const { t, i18n } = useTranslation();
  return (
    <section aria-label={title}>
      <div className="flex flex-wrap items-end justify-between gap-x-4 gap-y-2 pb-3">
        <div>
          <h2 className="text-base font-semibold">
            {title}{" "}
            <span className="font-normal text-ink-soft tabular-nums">
              {count.toLocaleString(i18n.language)}
            </span>
          </h2>
          <p className="text-sm text-ink-soft text-pretty">{hint}</p>
        </div>
        {actions !== undefined && <div className="flex flex-wrap gap-2">{actions}</div>}
      </div>
      <ul className="overflow-hidden rounded-2xl border border-line bg-surface">{children}</ul>
      {count === MOST_SHOWN && (
        <p className="pt-2 text-sm text-ink-soft">{t("activity.shown", { count })}</p>
      )}
    </section>
  );
}
