const MS_PER_DAY = 86_400_000;

/** Return the whole days, at least 0, until a photo in the trash is deleted for good. */
export function daysLeft(trashedAt: string, keepDays: number, now: Date): number {
  const end = Date.parse(trashedAt) + keepDays * MS_PER_DAY;
  return Math.max(0, Math.ceil((end - now.getTime()) / MS_PER_DAY));
}
