/** By photo: the last call that changes it, which the next one waits for. */
const lastCalls = new Map<string, Promise<unknown>>();

/**
 * Call when all earlier calls for any of these photos have ended, so that the server makes the
 * changes of a photo in the order in which the user did.
 */
export function inTurn<Result>(
  photoIds: readonly string[],
  call: () => Promise<Result>,
): Promise<Result> {
  const earlier = new Set(photoIds.map((id) => lastCalls.get(id)));
  const result = Promise.allSettled(earlier).then(call);
  for (const id of photoIds) lastCalls.set(id, result);
  const forget = () => {
    for (const id of photoIds) if (lastCalls.get(id) === result) lastCalls.delete(id);
  };
  result.then(forget, forget);
  return result;
}
