/** Days and months as headings. */

/** Return a day as a heading: "Saturday, 13 June", with the year unless it is this one. */
export function formatDay(date: string, language: string, today: Date): string {
  return formatDate(date, language, today, { weekday: "long", day: "numeric", month: "long" });
}

/** Return a day in few letters, for days side by side: "Sat, 13 Jun". */
export function formatShortDay(date: string, language: string): string {
  return format(date, language, { weekday: "short", day: "numeric", month: "short" });
}

/** Return a month, `YYYY-MM`, in full: "June 2026". */
export function formatMonth(month: string, language: string): string {
  return format(`${month}-01`, language, { month: "long", year: "numeric" });
}

/** Return a date as the scrubber says it: "Jun 2026". */
export function formatShortMonth(date: string, language: string): string {
  return format(`${date.slice(0, "YYYY-MM".length)}-01`, language, {
    month: "short",
    year: "numeric",
  });
}

function formatDate(
  date: string,
  language: string,
  today: Date,
  options: Intl.DateTimeFormatOptions,
): string {
  const isThisYear = date.startsWith(`${today.getFullYear()}-`);
  return format(date, language, isThisYear ? options : { ...options, year: "numeric" });
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Format a date of a wall time. It has no zone, so it is formatted as UTC is. */
function format(date: string, language: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${language} ${JSON.stringify(options)}`;
  // Making a format takes longer than a frame has.
  const known = formats.get(key);
  const dateFormat = known ?? new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" });
  if (known === undefined) formats.set(key, dateFormat);
  return dateFormat.format(new Date(`${date}T00:00:00Z`));
}
