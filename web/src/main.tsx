import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { createRoot } from "react-dom/client";
import { queryClient } from "@/api/query-client";
import { reachability } from "@/api/reachability";
import { session } from "@/api/session";
import { appearance, useAppearance } from "@/app/appearance";
import { startI18n } from "@/app/i18n";
import { router } from "@/app/router";
import { prefetchTimeline } from "@/features/timeline/months";
import { removeAccountCaches } from "@/offline/answers";
import "@/app/styles.css";

function App() {
  const { language } = useAppearance();
  return (
    <StrictMode>
      <I18nProvider locale={language}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </I18nProvider>
    </StrictMode>
  );
}

// Beside the language and the code of the first screen; that screen reports its failure.
session
  .restore()
  .then(async (state) => {
    if (state === "signed-in" && location.pathname === "/") await prefetchTimeline();
  })
  .catch(() => undefined);

let wasSignedIn = false;
session.subscribe(() => {
  if (session.state === "signed-out") {
    // What was loaded, and what this browser stores, belong to the account that was signed in.
    queryClient.clear();
    void removeAccountCaches({ shared: wasSignedIn });
  }
  wasSignedIn = session.state === "signed-in";
  // The routes' guards lead to where this state belongs.
  void router.invalidate();
});

reachability.subscribe(() => {
  // What was not loaded meanwhile, and what changed.
  if (reachability.isReachable) void queryClient.invalidateQueries();
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
await startI18n(appearance().language);
createRoot(root).render(<App />);
