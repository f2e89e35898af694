import { onlineManager, QueryClient } from "@tanstack/react-query";
import { ProblemError } from "./problem";

const LEAST_SERVER_ERROR = 500;
const MOST_ATTEMPTS = 3;

/** Server state is fresh for a while, and a request that cannot succeed is not repeated. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // Without a network there may be an answer that this browser has.
      networkMode: "offlineFirst",
      retry: (count, error) =>
        count < MOST_ATTEMPTS &&
        !(error instanceof ProblemError && error.problem.status < LEAST_SERVER_ERROR),
    },
  },
});

// It hears of changes only.
onlineManager.setOnline(navigator.onLine !== false);
