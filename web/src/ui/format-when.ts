const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Return how long ago something was, such as "3 minutes ago"; a date where it is long ago. */
export function formatWhen(at: Date, language: string, now: Date): string {
  // The server's clock may be ahead.
  const ms = Math.max(0, now.getTime() - at.getTime());
  if (ms > 7 * DAY_MS) return new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(at);
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  if (ms >= DAY_MS) return relative.format(-Math.floor(ms / DAY_MS), "day");
  if (ms >= HOUR_MS) return relative.format(-Math.floor(ms / HOUR_MS), "hour");
  if (ms >= MINUTE_MS) return relative.format(-Math.floor(ms / MINUTE_MS), "minute");
  return relative.format(0, "second");
}
