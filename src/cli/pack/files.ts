import { basename } from "node:path";
import type { Environment } from "../../config/document/convert.ts";
import { defined } from "../../core/defined.ts";
import { readResourcesSync } from "../../resources/files.ts";
import { configMaps, type GrafanaForm, importable } from "./grafana.ts";
import { applyGrafanaOverrides } from "./grafana-overrides.ts";
import { alertsIn, applyOverrides, loadOverrides } from "./overrides.ts";

/** The parts of the pack, each a folder. */
export const PARTS = ["rules", "alertmanager", "dashboards"] as const;

/** One part of the pack. */
export type PackPart = (typeof PARTS)[number];

/** The root of the package. */
const PACKAGE = new URL("../../../", import.meta.url);

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
  /** The form of the dashboards; plain JSON by default. */
  readonly grafana?: GrafanaForm;
}

/** The folder with what Grafana reads besides dashboards. */
const GRAFANA = "grafana";

/** Returns the folders of a part of the pack. */
export const foldersOf = (part: PackPart): readonly string[] =>
  part === "dashboards" ? [part, GRAFANA] : [part];

/**
 * Returns the files of these parts by their path in the pack, with overrides applied to the rules.
 * @throws ConfigError if the overrides are invalid
 */
export function packFiles(
  parts: readonly PackPart[],
  { overrides: overridesFile, externalUrl, grafana }: PackSources,
  env: Environment,
): ReadonlyMap<string, string> {
  const files = new Map(
    parts.flatMap((part) => (part === "dashboards" ? dashboardFiles(grafana) : filesOf(part))),
  );
  if (overridesFile === undefined && externalUrl === undefined) return files;
  // The overrides are validated against the rules even if the rules are not written.
  const rules = filesOf("rules");
  const known = rules.flatMap(([, text]) => alertsIn(text));
  const overrides = overridesFile === undefined ? {} : loadOverrides(overridesFile, known, env);
  const links = defined({ externalUrl });
  for (const [path, text] of rules)
    if (files.has(path)) files.set(path, applyOverrides(text, { ...overrides, ...links }));
  const alerting = files.get(GRAFANA_RULES);
  if (alerting !== undefined)
    files.set(GRAFANA_RULES, applyGrafanaOverrides(alerting, { ...overrides, ...links }));
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

const inJson = (url: string): string => JSON.stringify(url.replace(/\/+$/, "")).slice(1, -1);

const filesOf = (part: PackPart): readonly (readonly [path: string, text: string])[] =>
  textsBelow(part, SHIPPED[part]);

const textsBelow = (folder: string, shipped: RegExp): readonly (readonly [path: string, text: string])[] =>
  [...readResourcesSync(new URL(folder, PACKAGE), shipped)].map(
    ([name, text]) => [`${folder}/${name}`, text] as const,
  );
