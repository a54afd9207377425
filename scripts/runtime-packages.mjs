/**
 * The packages whose code the exporter runs. They stand among the `devDependencies`, because the bundle contains them
 * (scripts/bundle.ts), and nothing else in package.json tells them from the tools.
 *
 * Plain JavaScript, because scripts/verdict.mjs has to run even when Node.js 24 could not be installed.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Returns the names of all packages that the modules of `src` import, and of those that these need, sorted. */
export function runtimePackages() {
  /** @type {{ packages: Record<string, { dependencies?: Record<string, string> }> }} */
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  /** @type {Map<string, Set<string>>} */
  const needs = new Map();
  for (const [path, { dependencies = {} }] of Object.entries(packages)) {
    const name = path.replace(/^.*node_modules\//, "");
    // Versions of a package may need different ones: what any of them needs counts.
    needs.set(name, new Set([...(needs.get(name) ?? []), ...Object.keys(dependencies)]));
  }
  const found = new Set(importedPackages().filter((name) => needs.has(name)));
  for (const name of found) for (const needed of needs.get(name) ?? []) found.add(needed);
  return [...found].toSorted();
}

function importedPackages() {
  const source = join(root, "src");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  return files.flatMap((file) =>
    [
      ...readFileSync(join(source, file), "utf8").matchAll(
        /(?:from |import\(|import )"((?:@[\w.-]+\/)?[\w-][\w.-]*)/g,
      ),
    ].map(([, name = ""]) => name),
  );
}
