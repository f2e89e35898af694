/** The typed client of the API. Calls throw `ProblemError` or `UnreachableError`. */

import createClient from "openapi-fetch";
import { answerKey, answers } from "@/offline/answers";
import { toProblemError, UnreachableError } from "./problem";
import { reachability } from "./reachability";
import type { paths } from "./schema";
import { session } from "./session";

/** Like `fetch`, with the session's access token; repeated once with a new one after a 401. */
export async function authorizedFetch(input: RequestInfo | URL, init?: RequestInit) {
  const request = new Request(input, init);
  // A body can be read once, and the second attempt needs it again.
  const second = request.clone();
  try {
    const token = await session.accessToken();
    const response = await fetch(authorize(request, token));
    if (response.status !== 401 || token === undefined) return response;
    const fresh = await session.accessToken(token);
    return fresh === undefined ? response : await fetch(authorize(second, fresh));
  } catch (error) {
    if (request.signal.aborted) throw error;
    reachability.doubt();
    throw new UnreachableError("The platform did not answer.", { cause: error });
  }
}

function authorize(request: Request, token: string | undefined): Request {
  if (token !== undefined) request.headers.set("Authorization", `Bearer ${token}`);
  return request;
}

/**
 * Like `authorizedFetch`, with an answer that this browser has where the server says that it is
 * still the same, and where the server cannot be reached.
 */
async function answeredFetch(request: Request): Promise<Response> {
  const key = answerKey(request);
  if (answers === undefined || key === undefined) return await authorizedFetch(request);
  const stored = await answers.match(key);
  const validated = new Request(request, { cache: "no-store" });
  const tag = stored?.headers.get("ETag");
  if (tag) validated.headers.set("If-None-Match", tag);
  try {
    const response = await authorizedFetch(validated);
    if (response.status === 304 && stored !== undefined) return stored;
    if (response.ok && session.state === "signed-in") void answers.put(key, response.clone());
    return response;
  } catch (error) {
    if (stored === undefined || !(error instanceof UnreachableError)) throw error;
    return stored;
  }
}

export const api = createClient<paths>({ fetch: answeredFetch });

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** Return the data of a call, or throw what went wrong. */
export async function unwrap<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await call;
  if (!response.ok) throw toProblemError(error, response);
  return data as Data;
}
