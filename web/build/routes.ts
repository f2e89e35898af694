/** The addresses of the client and the modules of their screens, as the router's source has them. */

import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const SUFFIXES = ["", ".ts", ".tsx"];

export interface RouteModules {
  readonly path: string;
  /** Of its screen and of the frames around it, relative to the project's folder. */
  readonly modules: readonly string[];
}

interface Declaration {
  /** The variable of the route that this one is in. */
  readonly parent: string | undefined;
  /** Undefined for one that only has other routes in it. */
  readonly path: string | undefined;
  readonly module: string | undefined;
}

/** Return the routes that have a screen. */
export function readRoutes(router: string): RouteModules[] {
  const declarations = readDeclarations(router);
  return [...declarations.values()].flatMap((route) => {
    if (route.path === undefined || route.module === undefined) return [];
    const chain: Declaration[] = [];
    let next: Declaration | undefined = route;
    for (; next !== undefined; next = declarations.get(next.parent ?? "")) chain.unshift(next);
    const path = chain
      .map((each) => each.path ?? "")
      .join("/")
      .replace(/\/+/g, "/");
    return [{ path, modules: chain.flatMap(({ module }) => module ?? []) }];
  });
}

/** Return the calls of `createRoute` by the variables that have their results. */
function readDeclarations(router: string): ReadonlyMap<string, Declaration> {
  const text = readFileSync(router, "utf8");
  const source = ts.createSourceFile(router, text, ts.ScriptTarget.Latest, true);
  const declarations = new Map<string, Declaration>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined) {
      const { name, initializer } = node;
      if (ts.isCallExpression(initializer) && initializer.expression.getText() === "createRoute") {
        declarations.set(name.getText(), toDeclaration(initializer, dirname(router)));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return declarations;
}

function toDeclaration(call: ts.CallExpression, folder: string): Declaration {
  const text = call.getText();
  const specifier = /import\("([^"]+)"\)/.exec(text)?.[1];
  return {
    parent: /getParentRoute: \(\) => (\w+)/.exec(text)?.[1],
    path: /\bpath: "([^"]*)"/.exec(text)?.[1],
    module: specifier && toModule(specifier, folder),
  };
}

/** Return a module's path in the project, as the bundler names it. */
function toModule(specifier: string, folder: string): string {
  const base = specifier.startsWith("@/")
    ? join(PROJECT, "src", specifier.slice("@/".length))
    : join(folder, specifier);
  const path = SUFFIXES.map((suffix) => base + suffix).find((each) => ts.sys.fileExists(each));
  if (path === undefined) throw new Error(`${specifier} is no module.`);
  return relative(PROJECT, path);
}
