/** Bundles the service worker into one file, with the list of the build's files in it. */

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin, type ResolvedConfig, type Rolldown } from "vite";

const FILE = "sw.js";
const ENTRY = fileURLToPath(new URL("../src/service-worker/service-worker.ts", import.meta.url));
const SCREENS = /\.(js|css|json)$/;
/** Large, and of no use without a network; the browser's HTTP cache has them for a year. */
const LEFT_OUT = /^assets\/(map-screen|maplibre|land-fine)|^bundle\.json$|worker/;

export function serviceWorker(): Plugin {
  let config: ResolvedConfig;
  return {
    name: "service-worker",
    apply: "build",
    configResolved(resolved) {
      config = resolved;
    },
    generateBundle: {
      // After the page has the names of its scripts.
      order: "post",
      async handler(_options, bundle) {
        const files = new Map<string, string | Uint8Array>();
        for (const [name, output] of Object.entries(bundle)) {
          if (SCREENS.test(name) && !LEFT_OUT.test(name)) files.set(`/${name}`, contentOf(output));
        }
        const page = bundle["index.html"];
        if (page === undefined) throw new Error("The build has no index.html yet.");
        files.set("/", contentOf(page));
        for (const name of await readdir(config.publicDir)) {
          files.set(`/${name}`, await readFile(join(config.publicDir, name)));
        }
        this.emitFile({ type: "asset", fileName: FILE, source: await bundleWorker(files, config) });
      },
    },
  };
}

function contentOf(output: Rolldown.OutputAsset | Rolldown.OutputChunk): string | Uint8Array {
  return output.type === "chunk" ? output.code : output.source;
}

async function bundleWorker(
  files: ReadonlyMap<string, string | Uint8Array>,
  { resolve, build: { target } }: ResolvedConfig,
): Promise<string> {
  const digest = createHash("sha256");
  const paths = [...files.keys()].sort();
  for (const path of paths) digest.update(`${path}\0`).update(files.get(path) ?? "");
  const shell = { version: digest.digest("hex").slice(0, 16), paths };
  const result = await build({
    configFile: false,
    logLevel: "warn",
    resolve: { alias: resolve.alias },
    define: { SHELL: JSON.stringify(shell) },
    publicDir: false,
    build: {
      write: false,
      target,
      reportCompressedSize: false,
      rolldownOptions: { input: ENTRY, output: { format: "iife", entryFileNames: FILE } },
    },
  });
  const [output] = [result].flat();
  if (output === undefined || !("output" in output)) throw new Error("No worker was built.");
  return output.output[0].code;
}
