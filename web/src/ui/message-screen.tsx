import type { ReactNode } from "react";

interface Props {
  readonly title: string;
  readonly hint: string;
  readonly icon: ReactNode;
  readonly children?: ReactNode;
  /** Whether the title is the page's own heading. */
  readonly main?: boolean;
}

/** What is shown instead of content: nothing there yet, not found, failed; with what to do next. */
export function MessageScreen({ title, hint, icon, children, main = false }: Props) {
  const Heading = main ? "h1" : "h2";
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-3 px-6 py-20 text-center">
      <div
        aria-hidden
        className="mb-2 grid size-16 place-items-center rounded-2xl bg-accent-soft text-accent"
      >
        {icon}
      </div>
      <Heading className="text-xl font-semibold text-balance">{title}</Heading>
      <p className="text-ink-soft text-pretty">{hint}</p>
      {children !== undefined && (
        <div className="mt-4 flex flex-wrap justify-center gap-3">{children}</div>
      )}
    </div>
  );
}
