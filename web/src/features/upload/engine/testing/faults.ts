import { ApiProblem, Unreachable, type UploadApi } from "../api-port";

export type Call = keyof UploadApi;

/** What befalls a call: it is not carried out (`before`), or it is and its answer is lost. */
export interface Fault {
  readonly when: "before" | "after";
  readonly error: Error;
}

export function unreachable(when: Fault["when"] = "before"): Fault {
  return { when, error: new Unreachable("No answer.") };
}

export function refused(status: number, code: string, retryAfter: number | null = null): Fault {
  return { when: "before", error: new ApiProblem(status, code, `It is ${code}.`, retryAfter) };
}

/** Faults for the first calls of a kind, one each. */
export function inOrder(call: Call, ...faults: readonly (Fault | null)[]) {
  const left = [...faults];
  return (each: Call): Fault | null => (each === call ? (left.shift() ?? null) : null);
}

/** A promise with its end, for calls that a test holds. */
export class Latch {
  readonly opened: Promise<void>;
  #open: () => void = () => undefined;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
  }
}
