import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "../../config/document/convert.ts";
import { alertsIn, applyOverrides, loadOverrides } from "./overrides.ts";

/** What the pack is made of. */
export const PARTS = ["rules", "alertmanager", "dashboards"] as const;
export type PackPart = (typeof PARTS)[number];

/** Where the package is installed, or its sources are: three folders above this file in both. */
const PACKAGE = fileURLToPath(new URL("../../..", import.meta.url));

/** Which files of a folder are for users; the rest are tests of them and what they are made from. */
const SHIPPED: Readonly<Record<PackPart, RegExp>> = {
  rules: /^[^/]+\.rules\.yml$/,
  alertmanager: /^([^/]+\.yml|templates\/[^/]+\.tmpl)$/,
  dashboards: /^[^/]+\.json$/,
};

/**
 * The files of these parts by their path within the pack, with overrides applied to the rules.
 * @throws ConfigError when there is something wrong with the overrides
 */
export function packFiles(
  parts: readonly PackPart[],
  overridesFile: string | undefined,
  env: Environment,
): ReadonlyMap<string, string> {
  const files = new Map(parts.flatMap((part) => filesOf(part)));
  if (overridesFile === undefined) return files;
  // Also without the rules: a mistake in the overrides is one whatever is written.
  const rules = filesOf("rules");
  const known = rules.flatMap(([, text]) => alertsIn(text));
  const overrides = loadOverrides(overridesFile, known, env);
  for (const [path, text] of rules) if (files.has(path)) files.set(path, applyOverrides(text, overrides));
  const { runbook_url: runbooks } = overrides;
  const [written] = rules.flatMap(([, text]) => runbooksIn(text));
  if (runbooks === undefined || written === undefined) return files;
  for (const [path, text] of files) {
    if (path.startsWith("dashboards/")) files.set(path, text.replaceAll(written, inJson(runbooks)));
  }
  return files;
}

/** Where the alerts of a file say that the pages about them are. */
const runbooksIn = (text: string): readonly string[] =>
  [...text.matchAll(/^ *runbook_url: (\S+)\/\w+\.md$/gm)].map(([, url = ""]) => url);

const inJson = (url: string): string => JSON.stringify(url.replace(/\/+$/, "")).slice(1, -1);

const filesOf = (part: PackPart): readonly (readonly [path: string, text: string])[] =>
  readdirSync(join(PACKAGE, part), { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => SHIPPED[part].test(name))
    .toSorted()
    .map((name) => [`${part}/${name}`, readFileSync(join(PACKAGE, part, name), "utf8")] as const);
