import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";

/** Says what went wrong. The element is always there, so that its words are read out. */
export function Alert({ children }: { readonly children: ReactNode }) {
  return (
    <div role="alert" className="empty:hidden">
      {children !== undefined && children !== "" && (
        <p className="flex items-start gap-2 rounded-lg bg-danger-soft px-3 py-2.5 text-sm text-danger">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          {children}
        </p>
      )}
    </div>
  );
}
