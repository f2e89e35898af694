/** Names of the caches of this origin. All but the shell have content of an account. */

/** With a digest of the files: the client itself, of one build each. */
export const SHELL_PREFIX = "pichaven-shell-";
export const ANSWERS_PREFIX = "pichaven-answers-";
export const THUMBNAILS_PREFIX = "pichaven-thumbnails-";
export const PICTURES_PREFIX = "pichaven-pictures-";
/** Files that another app has shared, until they are uploaded. */
export const SHARED = "pichaven-shared";

/** What pages ask of the service worker. */
export type WorkerMessage = "activate" | "forget";
