import type { LucideIcon } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { CoverCard } from "./cover-card";
import type { FacetValue, SearchFilter } from "./overview";

/** A line or two of cards. */
const FEW = 12;

interface SectionProps {
  readonly title: string;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}

export function ExploreSection({ title, action, children }: SectionProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="mb-8">
      <div className="mb-3 flex min-h-10 items-center justify-between gap-3">
        <h2 id={id} className="text-lg font-semibold">
          {title}
        </h2>
        {action}
      </div>
      {children}
    </section>
  );
}

interface ValuesProps {
  readonly title: string;
  readonly values: readonly FacetValue[];
  readonly icon: LucideIcon;
  readonly toFilter: (value: string) => SearchFilter;
}

/** Values of one kind, such as places, those with the most photos first. */
export function ValuesSection({ title, values, icon, toFilter }: ValuesProps) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  if (values.length === 0) return null;
  const toggle = values.length > FEW && (
    <Button variant="quiet" aria-expanded={all} onPress={() => setAll(!all)}>
      {t(all ? "explore.less" : "explore.all", { count: values.length })}
    </Button>
  );
  return (
    <ExploreSection title={title} action={toggle}>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(8.5rem,1fr))] gap-3">
        {(all ? values : values.slice(0, FEW)).map(({ value, count }) => (
          <li key={value}>
            <CoverCard filter={toFilter(value)} name={value} count={count} icon={icon} />
          </li>
        ))}
      </ul>
    </ExploreSection>
  );
}
