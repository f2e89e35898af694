/** Dates of "on this day". */

/** Return the day of this clock and zone, `YYYY-MM-DD`. */
export function dayOf(moment: Date): string {
  const [year, month, day] = [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()];
  return [String(year).padStart(4, "0"), pad(month), pad(day)].join("-");
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}

/** Return the first and last day that photos were taken on, of wall times in any order. */
export function daysOf(wallTimes: readonly string[]): { from: string; to: string } | undefined {
  const days = wallTimes.map((each) => each.slice(0, "YYYY-MM-DD".length)).sort();
  const [from, to] = [days[0], days.at(-1)];
  return from === undefined || to === undefined ? undefined : { from, to };
}

/** Return a day in words, "29 Nov 2024". */
export function formatDate(day: string, language: string): string {
  const options = { dateStyle: "medium", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat(language, options).format(new Date(`${day}T00:00:00Z`));
}
