import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { firstLoadGroups } from "./build/first-load.ts";
import { landOutlines } from "./build/land-outlines.ts";
import { precompress } from "./build/precompress.ts";
import { serviceWorker } from "./build/service-worker.ts";

/** The address of a running platform, for `npm run dev`. */
const PLATFORM = process.env.PICHAVEN_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwindcss(), landOutlines(), serviceWorker(), precompress()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: ["chrome120", "firefox120", "safari17.4"],
    // All browsers of the target have it.
    modulePreload: { polyfill: false },
    // A data URL would need an entry in the content security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // For build/bundle-by-route.ts.
    manifest: "bundle.json",
    rolldownOptions: { output: { codeSplitting: { groups: firstLoadGroups() } } },
  },
  server: { proxy: { "/api": PLATFORM, "/pichaven-media": PLATFORM } },
});
