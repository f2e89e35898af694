/** The addresses of the client. Each screen is loaded when it is first needed. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { session } from "@/api/session";
import { readSearchAddress } from "@/features/search/search-address";
import { hasAnswers } from "@/offline/answers";
import { FailureScreen } from "./failure-screen";
import { NotFoundScreen } from "./not-found-screen";
import { Root } from "./root";
import { parseSearch, stringifySearch } from "./search-params";

const root = createRootRoute({ component: Root, notFoundComponent: NotFoundScreen });

/** Where to go after signing in; an address of another site is not taken. */
function readNext(search: Record<string, unknown>): { next?: string } {
  const { next } = search;
  return typeof next === "string" && /^\/(?![/\\])/.test(next) ? { next } : {};
}

/**
 * Whether a screen needs a session that this browser does not have. Where the platform cannot be
 * reached, what the browser has of the account that was signed in last is shown.
 */
async function mustSignIn(): Promise<boolean> {
  try {
    return (await session.restore()) === "signed-out";
  } catch (error) {
    if (await hasAnswers()) return false;
    throw error;
  }
}

const signedOut = createRoute({
  getParentRoute: () => root,
  id: "signed-out",
  validateSearch: readNext,
  beforeLoad: async ({ search }) => {
    if ((await session.restore()) === "signed-in") throw redirect({ href: search.next ?? "/" });
  },
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  beforeLoad: async ({ location }) => {
    if (!(await mustSignIn())) return;
    const next = location.href === "/" ? {} : { next: location.href };
    throw redirect({ to: "/login", search: next });
  },
  validateSearch: ({ photo }: Record<string, unknown>): { photo?: string } =>
    typeof photo === "string" ? { photo } : {},
  component: lazyRouteComponent(() => import("./shell"), "Shell"),
});

const login = createRoute({
  getParentRoute: () => signedOut,
  path: "/login",
  component: lazyRouteComponent(() => import("@/features/account/login-screen"), "LoginScreen"),
});

const register = createRoute({
  getParentRoute: () => signedOut,
  path: "/register",
  component: lazyRouteComponent(
    () => import("@/features/account/register-screen"),
    "RegisterScreen",
  ),
});

const timeline = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  component: lazyRouteComponent(
    () => import("@/features/timeline/timeline-screen"),
    "TimelineScreen",
  ),
});

const search = createRoute({
  getParentRoute: () => signedIn,
  path: "/search",
  validateSearch: readSearchAddress,
  component: lazyRouteComponent(() => import("@/features/search/search-screen"), "SearchScreen"),
});

const explore = createRoute({
  getParentRoute: () => signedIn,
  path: "/explore",
  component: lazyRouteComponent(() => import("@/features/explore/explore-screen"), "ExploreScreen"),
});

const map = createRoute({
  getParentRoute: () => signedIn,
  path: "/map",
  validateSearch: ({ bbox }: Record<string, unknown>): { bbox?: string } =>
    typeof bbox === "string" ? { bbox } : {},
  component: lazyRouteComponent(() => import("@/features/map/map-screen"), "MapScreen"),
});

const duplicates = createRoute({
  getParentRoute: () => signedIn,
  path: "/duplicates",
  validateSearch: ({ tier }: Record<string, unknown>): { tier?: "moment" } =>
    tier === "moment" ? { tier } : {},
  component: lazyRouteComponent(
    () => import("@/features/duplicates/duplicates-screen"),
    "DuplicatesScreen",
  ),
});

const favorites = createRoute({
  getParentRoute: () => signedIn,
  path: "/favorites",
  component: lazyRouteComponent(
    () => import("@/features/favorites/favorites-screen"),
    "FavoritesScreen",
  ),
});

const trash = createRoute({
  getParentRoute: () => signedIn,
  path: "/trash",
  component: lazyRouteComponent(() => import("@/features/trash/trash-screen"), "TrashScreen"),
});

/** A photo that was opened from no list; from a list its address is a mask (see `useOpenPhoto`). */
const photo = createRoute({
  getParentRoute: () => signedIn,
  path: "/photos/$photoId",
  component: lazyRouteComponent(() => import("@/features/viewer/photo-screen"), "PhotoScreen"),
});

const activity = createRoute({
  getParentRoute: () => signedIn,
  path: "/activity",
  component: lazyRouteComponent(
    () => import("@/features/activity/activity-screen"),
    "ActivityScreen",
  ),
});

const settings = createRoute({
  getParentRoute: () => signedIn,
  path: "/settings",
  component: lazyRouteComponent(
    () => import("@/features/settings/settings-screen"),
    "SettingsScreen",
  ),
});

const settingsIndex = createRoute({
  getParentRoute: () => settings,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/settings/account", replace: true });
  },
});

const accountSettings = createRoute({
  getParentRoute: () => settings,
  path: "account",
  component: lazyRouteComponent(
    () => import("@/features/settings/account-section"),
    "AccountSection",
  ),
});

const generalSettings = createRoute({
  getParentRoute: () => settings,
  path: "general",
  component: lazyRouteComponent(
    () => import("@/features/settings/general-section"),
    "GeneralSection",
  ),
});

const securitySettings = createRoute({
  getParentRoute: () => settings,
  path: "security",
  component: lazyRouteComponent(
    () => import("@/features/settings/security-section"),
    "SecuritySection",
  ),
});

const keySettings = createRoute({
  getParentRoute: () => settings,
  path: "keys",
  component: lazyRouteComponent(() => import("@/features/settings/keys-section"), "KeysSection"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signedOut.addChildren([login, register]),
    signedIn.addChildren([
      timeline,
      search,
      favorites,
      trash,
      photo,
      explore,
      map,
      duplicates,
      activity,
      settings.addChildren([
        settingsIndex,
        accountSettings,
        generalSettings,
        securitySettings,
        keySettings,
      ]),
    ]),
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultErrorComponent: FailureScreen,
  defaultNotFoundComponent: NotFoundScreen,
  // The timeline goes back to what was in view, whose position may be another one by then.
  scrollRestoration: ({ location }) => location.pathname !== "/",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
