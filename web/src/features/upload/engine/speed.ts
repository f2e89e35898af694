/** Bytes per second over the last seconds. */

const WINDOW = 10_000;
const BUCKET = 500;

interface Bucket {
  readonly start: number;
  bytes: number;
}

export class SpeedMeter {
  readonly #buckets: Bucket[] = [];

  add(bytes: number, now: number): void {
    this.#forget(now);
    const last = this.#buckets.at(-1);
    if (last !== undefined && now - last.start < BUCKET) last.bytes += bytes;
    else this.#buckets.push({ start: now, bytes });
  }

  /** Return null before there is enough to tell. */
  bytesPerSecond(now: number): number | null {
    this.#forget(now);
    const first = this.#buckets[0];
    if (first === undefined || now - first.start < 2 * BUCKET) return null;
    const bytes = this.#buckets.reduce((sum, bucket) => sum + bucket.bytes, 0);
    return (bytes * 1000) / (now - first.start);
  }

  #forget(now: number): void {
    const kept = this.#buckets.findIndex((bucket) => bucket.start >= now - WINDOW);
    this.#buckets.splice(0, kept < 0 ? this.#buckets.length : kept);
  }
}
