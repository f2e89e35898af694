import type { ReactNode } from "react";

interface Props {
  readonly title: string;
  /** At the end of the title's line, such as a button that changes what is below. */
  readonly end?: ReactNode;
  readonly children: ReactNode;
}

/** A part of the information panel with its heading. */
export function Section({ title, end, children }: Props) {
  return (
    <section className="flex flex-col gap-2">
      <div className="flex min-h-7 items-center justify-between gap-2">
        <h3 className="text-sm font-semibold">{title}</h3>
        {end}
      </div>
      {children}
    </section>
  );
}
