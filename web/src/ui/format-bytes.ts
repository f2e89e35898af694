const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
const STEP = 1024;

/** Return a number of bytes with a unit, such as "18.3 GB", as the language writes it. */
export function formatBytes(bytes: number, language: string): string {
  const power = bytes < STEP ? 0 : Math.floor(Math.log(bytes) / Math.log(STEP));
  const index = Math.min(power, UNITS.length - 1);
  const value = bytes / STEP ** index;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: UNITS[index] ?? "byte",
    unitDisplay: index === 0 ? "long" : "short",
    maximumFractionDigits: value < 100 && index > 1 ? 1 : 0,
  }).format(value);
}
