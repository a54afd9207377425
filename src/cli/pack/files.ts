import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "../../config/document/convert.ts";
import { alertsIn, applyOverrides, loadOverrides } from "./overrides.ts";

/** The parts of the pack, each a folder. */
export const PARTS = ["rules", "alertmanager", "dashboards"] as const;

/** One part of the pack. */
export type PackPart = (typeof PARTS)[number];

/** The root of the installed package or of the repository. */
const PACKAGE = fileURLToPath(new URL("../../..", import.meta.url));

/** The files of each folder that are for users; the others are tests and sources. */
const SHIPPED: Readonly<Record<PackPart, RegExp>> = {
  rules: /^[^/]+\.rules\.yml$/,
  alertmanager: /^([^/]+\.yml|templates\/[^/]+\.tmpl)$/,
  dashboards: /^[^/]+\.json$/,
};

/**
 * Returns the files of these parts by their path in the pack, with overrides applied to the rules.
 * @throws ConfigError if the overrides are invalid
 */
export function packFiles(
  parts: readonly PackPart[],
  overridesFile: string | undefined,
  env: Environment,
): ReadonlyMap<string, string> {
  const files = new Map(parts.flatMap((part) => filesOf(part)));
  if (overridesFile === undefined) return files;
  // The overrides are validated against the rules even if the rules are not written.
  const rules = filesOf("rules");
  const known = rules.flatMap(([, text]) => alertsIn(text));
  const overrides = loadOverrides(overridesFile, known, env);
  for (const [path, text] of rules) if (files.has(path)) files.set(path, applyOverrides(text, overrides));
  const { runbook_url: runbooks } = overrides;
  const [shipped] = rules.flatMap(([, text]) => runbooksIn(text));
  if (runbooks === undefined || shipped === undefined) return files;
  for (const [path, text] of files) {
    if (path.startsWith("dashboards/")) files.set(path, text.replaceAll(shipped, inJson(runbooks)));
  }
  return files;
}

/** Returns the folder of each `runbook_url` in a file of rules. */
const runbooksIn = (text: string): readonly string[] =>
  [...text.matchAll(/^ *runbook_url: (\S+)\/\w+\.md$/gm)].map(([, url = ""]) => url);

const inJson = (url: string): string => JSON.stringify(url.replace(/\/+$/, "")).slice(1, -1);

const filesOf = (part: PackPart): readonly (readonly [path: string, text: string])[] =>
  readdirSync(join(PACKAGE, part), { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => SHIPPED[part].test(name))
    .toSorted()
    .map((name) => [`${part}/${name}`, readFileSync(join(PACKAGE, part, name), "utf8")] as const);
