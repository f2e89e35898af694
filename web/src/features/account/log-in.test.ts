// @vitest-environment jsdom
import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ProblemError } from "@/api/problem";
import { session } from "@/api/session";
import { logIn } from "./log-in";

// Before the client of the API takes it: a browser resolves a path against the page's address.
vi.hoisted(() => {
  globalThis.Request = class extends Request {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(typeof input === "string" ? new URL(input, "http://localhost") : input, init);
    }
  };
});

const CREDENTIALS = { email: "Adé@example.org", password: "seven small herons" };
const BITS = 10;
const MINUTE = 29_706_731;

interface Body {
  readonly email: string;
  readonly proof?: string;
}

/** A server that admits logins with a proof of work. */
let code: string;
let bodies: Body[];

async function respond(request: Request): Promise<Response> {
  const body = (await request.json()) as Body;
  bodies.push(body);
  if (body.proof !== undefined && isProof(body.proof, body.email)) {
    return Response.json({ access_token: "token" });
  }
  const problem = {
    type: "",
    title: "",
    status: 429,
    detail: "",
    code,
    request_id: "",
    errors: [],
  };
  return Response.json({ ...problem, proof_bits: BITS, proof_minute: MINUTE }, { status: 429 });
}

function isProof(proof: string, email: string): boolean {
  const [minute, nonce] = proof.split(":");
  const digest = createHash("sha256").update(`${minute}:${email}:${nonce}`).digest();
  return minute === `${MINUTE}` && digest.readUInt32BE() >>> (32 - BITS) === 0;
}

beforeEach(() => {
  [code, bodies] = ["proof_required", []];
  session.begin({
    access_token: "of another account",
    refresh_token: "",
    refresh_expires_at: "",
    expires_in: 900,
    token_type: "Bearer",
  });
  vi.stubGlobal("fetch", respond);
});

afterEach(() => vi.unstubAllGlobals());

test("a login sends the proof of work that the server demands", async () => {
  const { access_token } = await logIn(CREDENTIALS);

  expect(access_token).toBe("token");
  expect(bodies).toHaveLength(2);
  expect(bodies[0]).toEqual(CREDENTIALS);
});

test("another refusal is not answered with a proof", async () => {
  code = "too_many_attempts";

  await expect(logIn(CREDENTIALS)).rejects.toBeInstanceOf(ProblemError);

  expect(bodies).toEqual([CREDENTIALS]);
});
