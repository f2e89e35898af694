/**
 * The session of this browser: an access token in this tab's memory, and a refresh token in a
 * cookie that no script can read.
 *
 * A refresh token works once, so tabs refresh one after another: a Web Lock holds for all tabs of
 * this origin. A BroadcastChannel tells them when somebody signed in or out.
 */

import type { components } from "./schema";

type Tokens = components["schemas"]["Tokens"];

export type SessionState = "unknown" | "signed-in" | "signed-out";

interface AccessToken {
  readonly value: string;
  readonly expiresAt: number;
}

type Message = "signed-in" | "signed-out";

const AUTH = "/api/v1/auth";
const LOCK = "pichaven-refresh";
const CHANNEL = "pichaven-session";
/** Refresh this long before the access token expires, so that none expires on its way. */
const MARGIN_MS = 20_000;

export class Session {
  #state: SessionState = "unknown";
  #token: AccessToken | undefined;
  #refreshing: Promise<string | undefined> | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #channel: BroadcastChannel;

  constructor() {
    this.#channel = new BroadcastChannel(CHANNEL);
    this.#channel.onmessage = (event: MessageEvent<Message>) => this.#follow(event.data);
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Call `listener` after each change of the state; return the function that ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Find out whether this browser is signed in, once; later calls return at once. */
  async restore(): Promise<SessionState> {
    if (this.#state === "unknown") await this.accessToken();
    return this.#state;
  }

  /** Begin a session with the tokens of a login or a registration. */
  begin(tokens: Tokens): void {
    this.#keep(tokens);
    this.#become("signed-in");
    this.#channel.postMessage("signed-in" satisfies Message);
  }

  /**
   * Return an access token that is valid for a while, undefined when nobody is signed in.
   *
   * `refused` is a token that the API refused: it is replaced even if it has not expired. Throws
   * when the platform cannot be reached, which does not end the session.
   */
  async accessToken(refused?: string): Promise<string | undefined> {
    if (this.#state === "signed-out") return undefined;
    const token = this.#token;
    if (token && token.value !== refused && token.expiresAt - MARGIN_MS > Date.now()) {
      return token.value;
    }
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** End this session, or with `everywhere` all sessions of the account, here and in other tabs. */
  async end({ everywhere = false } = {}): Promise<void> {
    const token = this.#token?.value;
    const headers: HeadersInit = token ? { Authorization: `Bearer ${token}` } : {};
    const path = everywhere ? "logout-all" : "logout";
    const response = await fetch(`${AUTH}/${path}`, { method: "POST", headers });
    // 401: it had ended before, which is what was wanted.
    if (!response.ok && response.status !== 401) throw new Error(`${path}: ${response.status}`);
    this.#forget();
    this.#channel.postMessage("signed-out" satisfies Message);
  }

  async #refresh(): Promise<string | undefined> {
    return navigator.locks.request(LOCK, async () => {
      // The cookie goes along by itself: SameSite=Strict, and only to this path. The request
      // survives a reload of the page, so that the browser gets the next cookie in any case.
      const response = await fetch(`${AUTH}/refresh`, { method: "POST", keepalive: true });
      if (response.status === 401) {
        this.#forget();
        return undefined;
      }
      if (!response.ok) throw new Error(`refresh: ${response.status}`);
      this.#keep((await response.json()) as Tokens);
      this.#become("signed-in");
      return this.#token?.value;
    });
  }

  #keep(tokens: Tokens): void {
    this.#token = {
      value: tokens.access_token,
      expiresAt: Date.now() + tokens.expires_in * 1000,
    };
  }

  #forget(): void {
    this.#token = undefined;
    this.#become("signed-out");
  }

  #follow(message: Message): void {
    if (message === "signed-out") this.#forget();
    else if (this.#state === "signed-out") this.#become("signed-in");
    // The cookie may be another account's now, and what this tab shows is not.
    else if (this.#state === "signed-in") location.reload();
  }

  #become(state: SessionState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const session = new Session();
