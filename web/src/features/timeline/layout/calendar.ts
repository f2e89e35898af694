/** Months and days as the API names them: `YYYY-MM` and `YYYY-MM-DD` of the wall time. */

export interface CalendarMonth {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
}

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;
const DATE = /^(\d{4}-(?:0[1-9]|1[0-2]))-(0[1-9]|[12]\d|3[01])$/;

/** Read `YYYY-MM`. Throws `RangeError` for anything else. */
export function parseMonth(month: string): CalendarMonth {
  const parts = MONTH.exec(month);
  if (parts === null) throw new RangeError(`no month: ${month}`);
  return { year: Number(parts[1]), month: Number(parts[2]) };
}

/** Return the number of days of a month of the Gregorian calendar. */
export function daysInMonth(month: string): number {
  const { year, month: number } = parseMonth(month);
  if (number === 2) {
    const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
    return leap ? 29 : 28;
  }
  return number === 4 || number === 6 || number === 9 || number === 11 ? 30 : 31;
}

/** Return `YYYY-MM-DD`. */
export function formatDate(month: string, day: number): string {
  return `${month}-${String(day).padStart(2, "0")}`;
}

/** Read `YYYY-MM-DD` as month and day. Throws `RangeError` for anything else. */
export function parseDate(date: string): { readonly month: string; readonly day: number } {
  const parts = DATE.exec(date);
  const month = parts?.[1];
  if (month === undefined) throw new RangeError(`no date: ${date}`);
  return { month, day: Number(parts?.[2]) };
}
