import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Session } from "./session";

/** A server that takes each refresh token once, as identity does, and the tabs of one browser. */
let server: Server;
let address: string;
let current: number;
let mostAtOnce: number;
let running: number;
let signedIn: boolean;

const respond: RequestListener = (request, response) => {
  if (request.url?.endsWith("/refresh") !== true) {
    signedIn = false;
    response.writeHead(204).end();
    return;
  }
  running += 1;
  mostAtOnce = Math.max(mostAtOnce, running);
  setImmediate(() => {
    running -= 1;
    if (!signedIn) {
      response.writeHead(401).end();
      return;
    }
    current += 1;
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ access_token: `token ${current}`, expires_in: 900 }));
  });
};

beforeEach(async () => {
  [current, mostAtOnce, running, signedIn] = [0, 0, 0, true];
  server = createServer(respond);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // A browser resolves a path against the page's address.
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) => fetch(`${address}${path}`, init));
});

afterEach(async () => {
  vi.unstubAllGlobals();
  await new Promise((resolve) => server.close(resolve));
});

test("many requests at once refresh once", async () => {
  const session = new Session();

  const tokens = await Promise.all(Array.from({ length: 20 }, () => session.accessToken()));

  expect(new Set(tokens)).toEqual(new Set(["token 1"]));
  expect(session.state).toBe("signed-in");
});

test("tabs refresh one after another", async () => {
  const tabs = Array.from({ length: 5 }, () => new Session());

  const tokens = await Promise.all(tabs.map((tab) => tab.accessToken()));

  expect(mostAtOnce).toBe(1);
  expect(new Set(tokens).size).toBe(5);
});

test("a token that was refused is replaced, and one that was replaced already is not", async () => {
  const session = new Session();
  const first = await session.accessToken();

  const second = await session.accessToken(first);

  expect(second).toBe("token 2");
  expect(await session.accessToken(first)).toBe("token 2");
});

test("without a session there is no token, and no second request for one", async () => {
  signedIn = false;
  const session = new Session();

  expect(await session.restore()).toBe("signed-out");
  signedIn = true;
  expect(await session.accessToken()).toBeUndefined();
});

test("signing out in one tab signs out the others", async () => {
  const [tab, other] = [new Session(), new Session()];
  await Promise.all([tab.restore(), other.restore()]);
  const told = new Promise<void>((resolve) => other.subscribe(resolve));

  await tab.end();
  await told;

  expect([tab.state, other.state]).toEqual(["signed-out", "signed-out"]);
});

test("a platform that does not answer ends no session", async () => {
  const session = new Session();
  await session.restore();
  await new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();

  await expect(session.accessToken("token 1")).rejects.toThrow();

  expect(session.state).toBe("signed-in");
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
});
