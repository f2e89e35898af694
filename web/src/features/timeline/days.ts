/** Groups of photos by the day of the wall time at which they were taken. */

export interface Day<Photo> {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly photos: readonly Photo[];
}

/** Group photos that are in the order of their wall times. */
export function groupByDay<Photo extends { readonly taken_at_local: string }>(
  photos: readonly Photo[],
): Day<Photo>[] {
  const days: { date: string; photos: Photo[] }[] = [];
  for (const photo of photos) {
    const date = photo.taken_at_local.slice(0, "YYYY-MM-DD".length);
    const last = days.at(-1);
    if (last?.date === date) last.photos.push(photo);
    else days.push({ date, photos: [photo] });
  }
  return days;
}

/** Return a day as a heading: "Saturday, 13 June", with the year unless it is this one. */
export function formatDay(date: string, language: string, today: Date): string {
  const options: Intl.DateTimeFormatOptions = { weekday: "long", day: "numeric", month: "long" };
  if (!date.startsWith(`${today.getFullYear()}-`)) options.year = "numeric";
  return format(`${date}T00:00:00`, language, options);
}

/** Format a wall time. It has no zone, so it is formatted as UTC is. */
function format(wallTime: string, language: string, options: Intl.DateTimeFormatOptions): string {
  const instant = new Date(`${wallTime.slice(0, "YYYY-MM-DDTHH:MM:SS".length)}Z`);
  return new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(instant);
}
