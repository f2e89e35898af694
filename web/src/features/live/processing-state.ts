/** The steps of photos that are being processed, as their events come. */

import { useSyncExternalStore } from "react";

export interface ProcessingState {
  readonly label: StepLabel;
  readonly percent: number;
}

const LABELS = {
  verify_hash: "photos.step.checking",
  identify_type: "photos.step.checking",
  check_limits: "photos.step.checking",
  read_metadata: "photos.step.metadata",
  decode: "photos.step.decoding",
  orient: "photos.step.decoding",
  convert_colour: "photos.step.decoding",
  make_variants: "photos.step.sizes",
  fingerprint: "photos.step.sizes",
  store: "photos.step.storing",
} as const;

type StepLabel = (typeof LABELS)[keyof typeof LABELS] | "photos.step.retrying";

/** The fields of a `photo.progress` event that tiles show. */
export interface ProgressEvent {
  readonly photo_id: string;
  readonly service: string;
  readonly step: string;
  readonly state: "started" | "done" | "failed" | "retrying";
  readonly percent: number;
}

const MOST_PHOTOS = 2_000;

const states = new Map<string, ProcessingState>();
const listeners = new Set<() => void>();

export function applyProgress({ photo_id, service, step, state, percent }: ProgressEvent): void {
  // What the other services do goes on while the photo is ready.
  if (service !== "processing" || !(step in LABELS)) return;
  const label = state === "retrying" ? "photos.step.retrying" : LABELS[step as keyof typeof LABELS];
  states.delete(photo_id);
  states.set(photo_id, { label, percent });
  const [oldest] = states.keys();
  if (states.size > MOST_PHOTOS && oldest !== undefined) states.delete(oldest);
  notify();
}

/** Drop the steps of a photo that is ready, or has failed. */
export function endProgress(photoId: string): void {
  if (states.delete(photoId)) notify();
}

/** Return the step that a photo is at; undefined without a photo, or before the first event. */
export function useProcessingState(photoId: string | undefined): ProcessingState | undefined {
  return useSyncExternalStore(subscribe, () =>
    photoId === undefined ? undefined : states.get(photoId),
  );
}

function notify(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
