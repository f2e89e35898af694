import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const GATEWAY = new URL("../../../deploy/gateway/dynamic.yml", import.meta.url);
const REACT_ARIA = new URL("../../node_modules/react-aria/dist/private/", import.meta.url);
const PRESSABLE = "data-react-aria-pressable";

/** Return the digest of the style element that a module of React Aria adds to the page. */
function styleHash(module: string): string {
  const source = readFileSync(new URL(module, REACT_ARIA), "utf8");
  const literal = /style\.textContent = `([^`]*)`\.trim\(\)/.exec(source)?.[1];
  if (literal === undefined) throw new Error(`${module} adds no style element`);
  expect(source.includes("PRESSABLE_ATTRIBUTE") === literal.includes("${")).toBe(true);
  const content = literal.replace(/\$\{[^}]+\}/, PRESSABLE).trim();
  return `sha256-${createHash("sha256").update(content).digest("base64")}`;
}

test.each(["interactions/usePress.mjs", "overlays/usePreventScroll.mjs"])(
  "the content security policy has the hash of the style of %s",
  (module) => {
    expect(readFileSync(GATEWAY, "utf8")).toContain(`'${styleHash(module)}'`);
  },
);
