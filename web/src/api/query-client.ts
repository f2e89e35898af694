import { onlineManager, type Query, QueryCache, QueryClient } from "@tanstack/react-query";
import { isTransient, ProblemError } from "./problem";
import { FIRST_PAUSE_MS, LONGEST_PAUSE_MS } from "./reachability";
import { recovery } from "./recovery";

const MOST_ATTEMPTS = 3;

/** Return the time after which the server takes the request again, as far as it says one. */
function namedPauseMs(error: Error): number {
  return error instanceof ProblemError ? 1_000 * (error.retryAfterS ?? 0) : 0;
}

/** The ends of the waits for services; a query that fails again waits anew. */
const waits = new WeakMap<Query<unknown, unknown>, () => void>();

/** Server state is fresh for a while, and a request that cannot succeed is not repeated. */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      waits.get(query)?.();
      const onAnswer = () => {
        if (query.state.status !== "error") return;
        void queryClient.invalidateQueries({ queryKey: query.queryKey, exact: true });
      };
      // What no screen shows is loaded when one needs it.
      if (query.isActive()) waits.set(query, recovery.wait(error, onAnswer));
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // Without a network there may be an answer that this browser has.
      networkMode: "offlineFirst",
      retry: (count, error) =>
        count < MOST_ATTEMPTS && isTransient(error) && namedPauseMs(error) <= LONGEST_PAUSE_MS,
      retryDelay: (count, error) => Math.max(FIRST_PAUSE_MS * 2 ** count, namedPauseMs(error)),
    },
  },
});

// It hears of changes only.
onlineManager.setOnline(navigator.onLine !== false);
