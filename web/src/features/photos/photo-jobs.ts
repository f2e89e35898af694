/** Actions on more photos than one request takes, or than are loaded: the server does them. */

import type { TFunction } from "i18next";
import { api, unwrap } from "@/api/client";
import { UnreachableError } from "@/api/problem";
import type { components } from "@/api/schema";
import { toSentence } from "@/app/i18n/problem-words";
import { showToast } from "@/ui/toasts";
import {
  CHANGES,
  DONE,
  failureWords,
  OPPOSITES,
  type PhotoAction,
  sendOnce,
} from "./change-photos";
import { inTurn } from "./in-turn";
import { confirmChange, dropChange, showChange } from "./pending-changes";
import { refreshLists } from "./refresh-lists";

type JobRequest = components["schemas"]["JobRequest"];
type Job = components["schemas"]["Job"];

/** All photos of a list but some, whether they are loaded or not. */
export interface WholeList {
  /** The filters of the list, as `GET /photos` has them. */
  readonly query: { readonly favorite?: boolean; readonly trashed?: boolean };
  readonly excluded: readonly string[];
  /** How many photos that is. */
  readonly count: number;
}

/** All hits of a search but some, up to a bound: which photos these are, its pages say. */
export interface WholeSearch {
  readonly loadIds: () => Promise<readonly string[]>;
  readonly count: number;
}

/** What one job is for; the photos that another one changed, to undo it. */
type JobSelection =
  | { readonly query: WholeList["query"] & { readonly excluded: readonly string[] } }
  | { readonly ids: readonly string[] }
  | { readonly changed_by: string };

/** The most that the API takes in one job. */
const MOST_IDS = 20_000;
const POLL_MS = 700;
const TOPIC = "job";
/** A job does not say which versions it made: any later event counts. */
const ANY_VERSION = 0;

/** Do an action to all photos of a list; those that are loaded are shown changed at once. */
export function changeList(
  { query, excluded }: WholeList,
  loaded: readonly string[],
  action: PhotoAction,
  t: TFunction,
): Promise<void> {
  return runJobs([{ query: { ...query, excluded } }], loaded, action, t);
}

/** Do an action to the hits of a search; those that are loaded are shown changed at once. */
export async function changeHits(
  { loadIds }: WholeSearch,
  loaded: readonly string[],
  action: PhotoAction,
  t: TFunction,
): Promise<void> {
  showChange(loaded, CHANGES[action]);
  try {
    await changeMany(await loadIds(), action, t);
  } catch (error) {
    dropChange(loaded);
    showToast(toSentence(error, t));
  }
}

/** Do an action to photos, however many. */
export function changeMany(
  ids: readonly string[],
  action: PhotoAction,
  t: TFunction,
): Promise<void> {
  const selections: JobSelection[] = [];
  for (let start = 0; start < ids.length; start += MOST_IDS) {
    selections.push({ ids: ids.slice(start, start + MOST_IDS) });
  }
  return runJobs(selections, ids, action, t);
}

async function runJobs(
  selections: readonly JobSelection[],
  shown: readonly string[],
  action: PhotoAction,
  t: TFunction,
): Promise<void> {
  showChange(shown, CHANGES[action]);
  const { jobs, error } = await inTurn(shown, () => followJobs(selections, action, t));
  const done = sum(jobs, ({ done: count }) => count);
  const changed = jobs.filter((job) => job.changed > 0).map(({ id }) => id);
  if (done > 0 || error === undefined) {
    const undo = () => {
      dropChange(shown);
      void undoJobs(changed, shown, OPPOSITES[action], t);
    };
    showToast(t(DONE[action], { count: done }), changed.length > 0 ? undo : undefined, TOPIC);
  }
  sayFailures(jobs, error, t);
  const isWhole = error === undefined && jobs.every(({ failed }) => failed === 0);
  if (isWhole) for (const id of shown) confirmChange(id, ANY_VERSION);
  await refreshLists();
  if (!isWhole) dropChange(shown);
}

async function undoJobs(
  ids: readonly string[],
  shown: readonly string[],
  action: PhotoAction,
  t: TFunction,
): Promise<void> {
  const selections = ids.map((id) => ({ changed_by: id }));
  const { jobs, error } = await inTurn(shown, () => followJobs(selections, action, t));
  if (error === undefined) showToast(t("photos.undone"), undefined, TOPIC);
  sayFailures(jobs, error, t);
  await refreshLists();
}

interface Outcome {
  readonly jobs: readonly Job[];
  /** Why a job could not be started. */
  readonly error: unknown;
}

/** Run jobs one after another and say how far they are. */
async function followJobs(
  selections: readonly JobSelection[],
  action: PhotoAction,
  t: TFunction,
): Promise<Outcome> {
  const jobs: Job[] = [];
  try {
    for (const selection of selections) {
      const id = await startJob(selection, action);
      jobs.push(
        await followJob(id, (job) => showToast(progressWords(job, t), undefined, TOPIC, true)),
      );
    }
    return { jobs, error: undefined };
  } catch (error) {
    return { jobs, error };
  }
}

async function startJob(selection: JobSelection, action: PhotoAction): Promise<string> {
  // The document says of fields with a default that they are always there.
  const body = { ...selection, action } as unknown as JobRequest;
  const { job_id } = await sendOnce((header) =>
    unwrap(api.POST("/api/v1/jobs", { body, params: { header } })),
  );
  return job_id;
}

/** Return the job when it has ended; it goes on while the server cannot be reached. */
async function followJob(id: string, onProgress: (job: Job) => void): Promise<Job> {
  let said = "";
  for (;;) {
    try {
      const job = await unwrap(
        api.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: id } } }),
      );
      if (job.state === "done") return job;
      const now = `${job.state} ${job.matched} ${job.done}`;
      if (now !== said) onProgress(job);
      said = now;
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function progressWords({ state, matched, done, failed }: Job, t: TFunction): string {
  return state === "selecting"
    ? t("photos.job.selecting", { count: matched })
    : t("photos.job.running", { count: matched, done: done + failed });
}

function sayFailures(jobs: readonly Job[], error: unknown, t: TFunction): void {
  const count = sum(jobs, ({ failed }) => failed);
  if (count > 0) showToast(failureWords(count, undefined, t));
  if (error !== undefined) showToast(toSentence(error, t), undefined, TOPIC);
}

function sum(jobs: readonly Job[], of: (job: Job) => number): number {
  return jobs.reduce((total, job) => total + of(job), 0);
}
