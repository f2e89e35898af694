import { type ReactNode, useId } from "react";

interface Props {
  readonly title: string;
  readonly hint?: string;
  readonly children: ReactNode;
}

/** A part of the settings under a heading of its own. */
export function Section({ title, hint, children }: Props) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="mb-10 max-w-xl">
      <h2 id={id} className="text-lg font-semibold">
        {title}
      </h2>
      {hint !== undefined && <p className="mt-1 text-sm text-ink-soft text-pretty">{hint}</p>}
      <div className="mt-4">{children}</div>
    </section>
  );
}
