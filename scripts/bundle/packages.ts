import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A package whose code is in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** As in its package.json: an expression of SPDX. */
  readonly license: string;
  /** The text of its license; empty if the package has no such file. */
  readonly text: string;
  /** Names of the packages that it depends on, in the bundle or not. */
  readonly dependencies: readonly string[];
}

/** Returns the packages that modules of a bundle belong to, by name and version, sorted. */
export function packagesIn(modules: readonly string[]): readonly BundledPackage[] {
  const byTitle = new Map<string, BundledPackage>();
  for (const module of modules) {
    const found = packageOf(module);
    if (found !== undefined) byTitle.set(`${found.name} ${found.version}`, found);
  }
  return [...byTitle].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** Returns the package that a module belongs to; `undefined` for the exporter's own modules. */
function packageOf(module: string): BundledPackage | undefined {
  if (!module.includes("node_modules")) return undefined;
  for (let folder = dirname(module); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (!existsSync(file)) continue;
    const manifest = JSON.parse(readFileSync(file, "utf8")) as {
      name?: string;
      version?: string;
      license?: string;
      dependencies?: Readonly<Record<string, string>>;
    };
    const { name, version, license = "see below", dependencies = {} } = manifest;
    // Folders inside of a package may have a package.json that only tells the format of modules.
    if (name === undefined || version === undefined) continue;
    const found = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
    const text = found === undefined ? "" : readFileSync(join(folder, found), "utf8").trim();
    return { name, version, license, text, dependencies: Object.keys(dependencies) };
  }
  return undefined;
}

/** Returns the notices that the licenses of bundled packages ask for. */
export function noticesOf(packages: readonly BundledPackage[]): string {
  const sections = packages.map(
    ({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`,
  );
  return `The files beside this one contain code of these packages.\n\n${sections.join(`\n${"-".repeat(79)}\n\n`)}`;
}
