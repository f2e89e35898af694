/** Errors of the API: RFC 9457 problems, and requests that got no response at all. */

import type { components } from "./schema";

export type Problem = components["schemas"]["ProblemDetails"];

export class ProblemError extends Error {
  override readonly name = "ProblemError";

  constructor(
    readonly problem: Problem,
    /** Seconds after which the server takes the request again; undefined where it says none. */
    readonly retryAfterS: number | undefined,
    /** The address of the request. */
    readonly url: string,
  ) {
    super(problem.detail || problem.title);
  }
}

/** Raised where there was no response: offline, or the platform is down. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

const TOO_MANY_REQUESTS = 429;
const LEAST_SERVER_ERROR = 500;

/** Return whether the same request may succeed later. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof ProblemError)) return true;
  const { status } = error.problem;
  return status === TOO_MANY_REQUESTS || status >= LEAST_SERVER_ERROR;
}

/** Return the message for each field of the request's body that is wrong. */
export function fieldMessages(problem: Problem): Record<string, string> {
  const messages: Record<string, string> = {};
  for (const { path, message } of problem.errors ?? []) {
    const [place, name] = path.split(".");
    if (place === "body" && name !== undefined) messages[name] ??= message;
  }
  return messages;
}

/** Make a problem of an error response, also of one that the gateway wrote as plain text. */
export function toProblemError(body: unknown, response: Response): ProblemError {
  const wait = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const retryAfterS = Number.isFinite(wait) ? wait : undefined;
  if (isProblem(body)) return new ProblemError(body, retryAfterS, response.url);
  const code = response.status === 429 ? "too_many_requests" : "http_error";
  return new ProblemError(
    {
      type: `urn:pichaven:problem:${code}`,
      title: response.statusText,
      status: response.status,
      detail: "",
      code,
      request_id: response.headers.get("X-Request-Id") ?? "",
      errors: [],
    },
    retryAfterS,
    response.url,
  );
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "status" in body;
}
