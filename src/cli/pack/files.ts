import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "../../config/document/convert.ts";
import { defined } from "../../core/defined.ts";
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

/** The user's changes to the pack. */
export interface PackSources {
  /** File with changes to alerts. */
  readonly overrides?: string;
  /** URL of the exporter for links. Without it, the rules and dashboards find the one that the exporter exports. */
  readonly externalUrl?: string;
}

/**
 * Returns the files of these parts by their path in the pack, with overrides applied to the rules.
 * @throws ConfigError if the overrides are invalid
 */
export function packFiles(
  parts: readonly PackPart[],
  { overrides: overridesFile, externalUrl }: PackSources,
  env: Environment,
): ReadonlyMap<string, string> {
  const files = new Map(parts.flatMap((part) => filesOf(part)));
  if (overridesFile === undefined && externalUrl === undefined) return files;
  // The overrides are validated against the rules even if the rules are not written.
  const rules = filesOf("rules");
  const known = rules.flatMap(([, text]) => alertsIn(text));
  const overrides = overridesFile === undefined ? {} : loadOverrides(overridesFile, known, env);
  const links = defined({ externalUrl });
  for (const [path, text] of rules)
    if (files.has(path)) files.set(path, applyOverrides(text, { ...overrides, ...links }));
  for (const [path, text] of files)
    if (path.startsWith("dashboards/")) files.set(path, withLinks(text, overrides.runbook_url, externalUrl));
  return files;
}

/** The variable of dashboards with the URL of an exporter, and the link to a runbook that begins with it. */
const EXPORTER = "${exporter:raw}";
const RUNBOOK = /\$\{exporter:raw\}\/runbooks\/(\$\{[\w.]+\})/g;

/** Returns a dashboard whose links begin with these URLs. */
function withLinks(dashboard: string, runbooks: string | undefined, externalUrl: string | undefined): string {
  const linked =
    runbooks === undefined
      ? dashboard
      : dashboard.replaceAll(RUNBOOK, (_match, name: string) => `${inJson(runbooks)}/${name}.md`);
  return externalUrl === undefined ? linked : linked.replaceAll(EXPORTER, () => inJson(externalUrl));
}

const inJson = (url: string): string => JSON.stringify(url.replace(/\/+$/, "")).slice(1, -1);

const filesOf = (part: PackPart): readonly (readonly [path: string, text: string])[] =>
  readdirSync(join(PACKAGE, part), { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => SHIPPED[part].test(name))
    .toSorted()
    .map((name) => [`${part}/${name}`, readFileSync(join(PACKAGE, part, name), "utf8")] as const);
