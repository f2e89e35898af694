/**
 * Two chunks, of packages and of the client, with all that every screen of a person who is signed
 * in needs.
 *
 * Left to itself the bundler makes a file for each set of screens that share a module: 67 files
 * for the first screen, each compressed by itself and each a request.
 */

import { fileURLToPath } from "node:url";

/** As the bundler's context of a group's `name`. */
interface Context {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/** The modules with which the first screen begins. */
const ROOTS = ["main.tsx", "app/shell.tsx", "features/timeline/timeline-screen.tsx"].map((path) =>
  fileURLToPath(new URL(`../src/${path}`, import.meta.url)),
);
const PACKAGE = /\/node_modules\//;
/** The package's index imports all of them; which ones are used is known later. */
const ICON = /\/lucide-react\/dist\/esm\/icons\//;
const ICON_SHARES = 3;

/** Return the groups for `output.codeSplitting`. */
export function firstLoadGroups() {
  let modules: ReadonlySet<string> | undefined;
  const isFirstLoad = (id: string, context: Context) => {
    modules ??= closure(ROOTS, context);
    return modules.has(id);
  };
  return [
    {
      // They change less often than the client, and stay in the browser's cache then.
      debugName: "libraries",
      test: PACKAGE,
      name: (id: string, context: Context) => (isFirstLoad(id, context) ? "libraries" : null),
    },
    {
      debugName: "first-load",
      name: (id: string, context: Context) => (isFirstLoad(id, context) ? "first-load" : null),
    },
    { name: "icons", test: ICON, minShareCount: ICON_SHARES },
  ];
}

/** Return modules with all that they import, but for what they load later. */
function closure(roots: readonly string[], context: Context): ReadonlySet<string> {
  const modules = new Set<string>();
  const left = [...roots];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (modules.has(id) || ICON.test(id)) continue;
    modules.add(id);
    left.push(...(context.getModuleInfo(id)?.importedIds ?? []));
  }
  return modules;
}
