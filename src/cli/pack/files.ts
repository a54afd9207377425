import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "../../config/document/convert.ts";
import { configMaps, type GrafanaForm, importable } from "./grafana.ts";
import { applyGrafanaOverrides } from "./grafana-overrides.ts";
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

/** The folder with what Grafana reads besides dashboards. */
const GRAFANA = "grafana";

/** Returns the folders of a part of the pack. */
export const foldersOf = (part: PackPart): readonly string[] =>
  part === "dashboards" ? [part, GRAFANA] : [part];

/**
 * Returns the files of these parts by their path in the pack, with overrides applied to the rules.
 * @param grafana the form of the dashboards; plain JSON by default
 * @throws ConfigError if the overrides are invalid
 */
export function packFiles(
  parts: readonly PackPart[],
  overridesFile: string | undefined,
  env: Environment,
  grafana?: GrafanaForm,
): ReadonlyMap<string, string> {
  const files = new Map(
    parts.flatMap((part) => (part === "dashboards" ? dashboardFiles(grafana) : filesOf(part))),
  );
  if (overridesFile === undefined) return files;
  // The overrides are validated against the rules even if the rules are not written.
  const rules = filesOf("rules");
  const known = rules.flatMap(([, text]) => alertsIn(text));
  const overrides = loadOverrides(overridesFile, known, env);
  for (const [path, text] of rules) if (files.has(path)) files.set(path, applyOverrides(text, overrides));
  const alerting = files.get(GRAFANA_RULES);
  if (alerting !== undefined) files.set(GRAFANA_RULES, applyGrafanaOverrides(alerting, overrides));
  const { runbook_url: runbooks } = overrides;
  const [shipped] = rules.flatMap(([, text]) => runbooksIn(text));
  if (runbooks === undefined || shipped === undefined) return files;
  for (const [path, text] of files) {
    if (path.startsWith("dashboards/")) files.set(path, text.replaceAll(shipped, inJson(runbooks)));
  }
  return files;
}

/** The alert rules of Grafana. */
const GRAFANA_RULES = `${GRAFANA}/alerting/rules.yml`;

/** Returns the dashboards in a form, and what Grafana needs besides. Without a form, only the dashboards. */
function dashboardFiles(form: GrafanaForm | undefined): readonly (readonly [path: string, text: string])[] {
  const dashboards = filesOf("dashboards");
  switch (form) {
    case undefined:
      return dashboards;
    case "import":
      return dashboards.map(([path, text]) => [path, importable(text)] as const);
    case "provision":
      return [...dashboards, ...textsBelow(GRAFANA, /^(alerting|provisioning)\/.+\.yml$/)];
    case "configmap": {
      const named = dashboards.map(([path, text]) => [basename(path, ".json"), text] as const);
      return [["dashboards/configmaps.yaml", configMaps(new Map(named), {}, "")]];
    }
  }
}

/** Returns the folder of each `runbook_url` in a file of rules. */
const runbooksIn = (text: string): readonly string[] =>
  [...text.matchAll(/^ *runbook_url: (\S+)\/\w+\.md$/gm)].map(([, url = ""]) => url);

const inJson = (url: string): string => JSON.stringify(url.replace(/\/+$/, "")).slice(1, -1);

const filesOf = (part: PackPart): readonly (readonly [path: string, text: string])[] =>
  textsBelow(part, SHIPPED[part]);

const textsBelow = (folder: string, shipped: RegExp): readonly (readonly [path: string, text: string])[] =>
  readdirSync(join(PACKAGE, folder), { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => shipped.test(name))
    .toSorted()
    .map((name) => [`${folder}/${name}`, readFileSync(join(PACKAGE, folder, name), "utf8")] as const);
