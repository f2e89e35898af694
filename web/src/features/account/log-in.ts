/** A login, with a proof of work where the server demands one. */

import { api, unwrap } from "@/api/client";
import { ProblemError } from "@/api/problem";
import type { components } from "@/api/schema";

type Credentials = components["schemas"]["Credentials"];
type Session = components["schemas"]["Session"];

/** Return a new session. Throws what a call throws. */
export async function logIn(credentials: Credentials): Promise<Session> {
  try {
    return await send(credentials);
  } catch (error) {
    const demand = toDemand(error);
    if (demand === undefined) throw error;
    const { prove } = await import("./proof-of-work");
    const proof = await prove(credentials.email, demand.minute, demand.bits);
    return await send({ ...credentials, proof });
  }
}

function send(body: Credentials): Promise<Session> {
  return unwrap(api.POST("/api/v1/auth/login", { body }));
}

function toDemand(error: unknown): { minute: number; bits: number } | undefined {
  if (!(error instanceof ProblemError) || error.problem.code !== "proof_required") return undefined;
  const { proof_minute: minute, proof_bits: bits } = error.problem as unknown as Record<
    string,
    unknown
  >;
  return typeof minute === "number" && typeof bits === "number" ? { minute, bits } : undefined;
}
