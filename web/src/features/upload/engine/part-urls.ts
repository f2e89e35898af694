/** The presigned URLs of one upload; fresh ones are signed many at a time. */

import type { PartUrl, UploadApi } from "./api-port";
import type { Clock } from "./clock";
import type { Retrier, RetryOptions } from "./retry";

const AT_ONCE = 100;
/** A URL that expires sooner is not begun with. */
const MARGIN = 60_000;

export class PartUrls {
  readonly #api: Pick<UploadApi, "signParts">;
  readonly #clock: Clock;
  readonly #retrier: Retrier;
  readonly #uploadId: string;
  readonly #numbers: readonly number[];
  readonly #urls = new Map<number, PartUrl>();
  #signing: Promise<void> | null = null;

  /** `numbers` are the parts to be sent, in their order. */
  constructor(
    uploadId: string,
    numbers: readonly number[],
    urls: readonly PartUrl[],
    parts: { readonly api: UploadApi; readonly clock: Clock; readonly retrier: Retrier },
  ) {
    this.#api = parts.api;
    this.#clock = parts.clock;
    this.#retrier = parts.retrier;
    this.#uploadId = uploadId;
    this.#numbers = numbers;
    this.#keep(urls);
  }

  async urlOf(number: number, options: RetryOptions): Promise<string> {
    for (;;) {
      const url = this.#urls.get(number);
      if (url !== undefined && url.expiresAt - this.#clock.now() > MARGIN) return url.url;
      this.#signing ??= this.#sign(number, options).finally(() => {
        this.#signing = null;
      });
      await this.#signing;
      options.signal.throwIfAborted();
    }
  }

  /** Storage refused the URL. */
  drop(number: number): void {
    this.#urls.delete(number);
  }

  async #sign(from: number, options: RetryOptions): Promise<void> {
    const later = this.#numbers.filter((number) => number >= from).slice(0, AT_ONCE);
    const sign = () => this.#api.signParts(this.#uploadId, later, options.signal);
    this.#keep(await this.#retrier.run(sign, options));
  }

  #keep(urls: readonly PartUrl[]): void {
    for (const url of urls) this.#urls.set(url.number, url);
  }
}
