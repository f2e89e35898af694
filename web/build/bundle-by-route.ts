/**
 * `node build/bundle-by-route.ts FOLDER`: the JavaScript that each address of a build loads when it
 * is opened first, in bytes as Caddy sends them, as JSON.
 *
 * Ends with 1 when that of the first screen is over the budget.
 */

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { argv, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { readRoutes } from "./routes.ts";

const BUDGET_BYTES = 180_000;
const FIRST_SCREEN = "/";
/** What every screen loads by itself. */
const LOADED_BY_ALL = ["src/app/updates.tsx"];
/** What the frame of a person who is signed in loads by itself. */
const FRAME = "src/app/shell.tsx";
const LOADED_BY_FRAME = [
  "src/features/upload/upload-host.tsx",
  "src/features/live/live-updates.tsx",
];
const SCRIPT_OF_PAGE = /<(?:script|link rel="modulepreload")[^>]*?(?:src|href)="\/([^"]+\.js)"/g;

/** As Vite writes them into a manifest. */
interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
}

export interface Script {
  readonly file: string;
  readonly bytes: number;
}

export interface RouteBundle {
  readonly path: string;
  readonly bytes: number;
  readonly scripts: readonly Script[];
}

/** Return the bundle of each address of the client that was built into `folder`. */
export function bundleByRoute(folder: string): RouteBundle[] {
  const manifest = JSON.parse(readFileSync(join(folder, "bundle.json"), "utf8")) as Manifest;
  const page = readFileSync(join(folder, "index.html"), "utf8");
  const ofPage = [...page.matchAll(SCRIPT_OF_PAGE)].map(([, file = ""]) => file);
  return readRoutes(fileURLToPath(new URL("../src/app/router.tsx", import.meta.url))).map(
    ({ path, modules }) => {
      const ofFrame = modules.includes(FRAME) ? LOADED_BY_FRAME : [];
      const loaded = [...modules, ...LOADED_BY_ALL, ...ofFrame];
      const files = new Set([...ofPage, ...filesOf(loaded, manifest)]);
      const scripts = [...files].map((file) => ({ file, bytes: sentBytes(join(folder, file)) }));
      scripts.sort((one, other) => other.bytes - one.bytes);
      return { path, bytes: scripts.reduce((sum, { bytes }) => sum + bytes, 0), scripts };
    },
  );
}

type Manifest = Readonly<Record<string, Chunk>>;

function filesOf(modules: readonly string[], manifest: Manifest): Set<string> {
  const files = new Set<string>();
  const left = [...modules];
  for (let key = left.pop(); key !== undefined; key = left.pop()) {
    const chunk = manifest[key];
    if (chunk === undefined) throw new Error(`The build has no chunk of ${key}.`);
    if (files.has(chunk.file)) continue;
    files.add(chunk.file);
    left.push(...(chunk.imports ?? []));
  }
  return files;
}

function sentBytes(path: string): number {
  return statSync(existsSync(`${path}.br`) ? `${path}.br` : path).size;
}

function main(folder: string): void {
  const routes = bundleByRoute(folder);
  const first = routes.find(({ path }) => path === FIRST_SCREEN)?.bytes ?? Number.NaN;
  const report = { budget_bytes: BUDGET_BYTES, first_load_bytes: first, routes };
  stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (!(first <= BUDGET_BYTES)) process.exitCode = 1;
}

if (argv[1] === fileURLToPath(import.meta.url)) main(argv[2] ?? "dist");
