import { useEffect } from "react";

/** Set the title of the browser's tab. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · PicHaven`;
  }, [title]);
}
