const STEP = 1024;
const UNITS = ["kilobyte-per-second", "megabyte-per-second", "gigabyte-per-second"] as const;

/** Return a speed such as "2.4 MB/s", as the language writes it. */
export function formatSpeed(bytesPerSecond: number, language: string): string {
  const kilobytes = bytesPerSecond / STEP;
  const power = kilobytes < STEP ? 0 : Math.floor(Math.log(kilobytes) / Math.log(STEP));
  const index = Math.min(power, UNITS.length - 1);
  const value = kilobytes / STEP ** index;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: UNITS[index] ?? "megabyte-per-second",
    unitDisplay: "short",
    maximumFractionDigits: value < 100 && index > 0 ? 1 : 0,
  }).format(value);
}

const MINUTE = 60;
const HOUR = 3600;

/** Return a time such as "40 seconds" or "3 hours", rounded so that it does not flicker. */
export function formatDuration(seconds: number, language: string): string {
  const [value, unit] = rounded(seconds);
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(
    value,
  );
}

function rounded(seconds: number): [number, "second" | "minute" | "hour"] {
  // Below ten seconds each one counts, above it the estimate is not so exact.
  if (seconds < 10) return [Math.max(1, Math.ceil(seconds)), "second"];
  if (seconds < MINUTE) return [Math.ceil(seconds / 5) * 5, "second"];
  if (seconds < HOUR) return [Math.ceil(seconds / MINUTE), "minute"];
  return [Math.ceil(seconds / HOUR), "hour"];
}
