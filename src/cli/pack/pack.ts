import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { Environment } from "../../config/document/convert.ts";
import { alternatives } from "../../config/document/describe.ts";
import { ConfigError } from "../../config/document/problems.ts";
import { counted } from "../../core/counted.ts";
import { defined } from "../../core/defined.ts";
import { externalUrl } from "../external-url.ts";
import { type Choose, EXIT, type Shell, withUsageExit } from "../shell.ts";
import { collecting } from "../single-flags.ts";
import { foldersOf, PARTS, type PackPart, packFiles } from "./files.ts";
import { GRAFANA_FORMS, type GrafanaForm } from "./grafana.ts";
import { type FileChange, PackError, writePack } from "./write.ts";

/** The flags of `heartbeat-exporter pack`. */
export interface PackFlags {
  readonly out: string;
  readonly overrides?: string;
  /** URL of the exporter for links. */
  readonly externalUrl?: string;
  readonly parts: readonly PackPart[];
  /** The form of the dashboards; plain JSON by default. */
  readonly grafana?: GrafanaForm;
  readonly force: boolean;
}

const HELP = `
Each part is a folder below --out. Prometheus loads the rules by these lines of its configuration:

  rule_files:
    - /etc/prometheus/heartbeat/rules/*.rules.yml

If a file was changed by hand since an earlier run, nothing is written unless --force is set. Files that this version no
longer contains are removed.

--grafana chooses the form of the dashboards. Without it, they are JSON files as Grafana reads them from a folder.
  import     for Dashboards > New > Import, which asks for the data source
  provision  with the provisioning files of Grafana, and with alert rules, contact points and notification policies of
             Grafana's own, for those whose Prometheus evaluates no rules
  configmap  one ConfigMap per dashboard, for the sidecar of Grafana's Helm chart

The overrides file changes alerts by name, so that an update of the pack keeps your changes:

  runbook_url: https://wiki.example.com/runbooks
  labels: { team: platform }
  thresholds: { uptime_ratio: 0.9, certificate_expiry: 21d }
  alerts:
    HeartbeatModelUnavailable: { for: 5m, severity: warning, labels: { team: ai } }
    HeartbeatLatencyAboveBaseline: { disable: true }
    HeartbeatErrorBudgetBurn1h: { thresholds: { failed_probes: 5 } }

Thresholds that targets and modules set in the exporter's configuration (alert_thresholds) take precedence over those here.

Exit code: 0 written or already up to date, 1 nothing was written, 2 wrong flags.

Examples:
  heartbeat-exporter pack --out /etc/prometheus/heartbeat
  heartbeat-exporter pack --out ./monitoring --overrides overrides.yml --only rules
  heartbeat-exporter pack --out ./monitoring --only dashboards --grafana=import
`;

/** Defines `pack`, which writes rules, Alertmanager configuration and dashboards to a folder. */
export const packCommand = (choose: Choose): Command =>
  withUsageExit(new Command("pack"))
    .description("Write Prometheus rules, Alertmanager configuration and Grafana dashboards to a folder.")
    .requiredOption("--out <folder>", "folder to write to, created if missing")
    .option("--overrides <file>", "YAML file with changes to alerts")
    .option(
      "--web.external-url <url>",
      "URL of the exporter for links in alerts and dashboards (default: the one that it exports, see its own --web.external-url)",
      externalUrl,
    )
    .option(
      "--only <part>",
      `write only this part: ${alternatives(PARTS)}; may be repeated`,
      collecting(part),
    )
    .option("--grafana <form>", `form of the dashboards: ${alternatives(GRAFANA_FORMS)}`, grafanaForm)
    .option("--force", "overwrite files that were changed by hand")
    .addHelpText("after", HELP)
    .action((_options, command: Command) => {
      const options = command.opts<{
        out: string;
        overrides?: string;
        "web.externalUrl"?: URL;
        only?: readonly PackPart[];
        grafana?: GrafanaForm;
        force?: true;
      }>();
      const flags: PackFlags = {
        out: options.out,
        ...defined({
          overrides: options.overrides,
          externalUrl: options["web.externalUrl"]?.href.replace(/\/+$/, ""),
          grafana: options.grafana,
        }),
        parts: PARTS.filter((one) => options.only?.includes(one) ?? true),
        force: options.force ?? false,
      };
      choose(async (shell) => printPack(flags, shell));
    });

function part(text: string): PackPart {
  const found = PARTS.find((one) => one === text);
  if (found === undefined) throw new InvalidArgumentError(`got "${text}", want ${alternatives(PARTS)}`);
  return found;
}

function grafanaForm(text: string): GrafanaForm {
  const found = GRAFANA_FORMS.find((one) => one === text);
  if (found === undefined)
    throw new InvalidArgumentError(`got "${text}", want ${alternatives(GRAFANA_FORMS)}`);
  return found;
}

/** Writes the pack. Returns the text for the user, and whether it was written. */
export function pack(flags: PackFlags, env: Environment): { readonly ok: boolean; readonly text: string } {
  try {
    const files = packFiles(flags.parts, flags, env);
    const outcome = writePack(flags.out, files, flags.parts.flatMap(foldersOf), flags.force);
    if (outcome.kind === "written") return { ok: true, text: changesText(flags.out, outcome.changes) };
    const list = outcome.paths.map((path) => `  ${flags.out}/${path}\n`).join("");
    return {
      ok: false,
      text: `nothing was written: these files were changed by hand or are not part of the pack; --force overwrites them\n${list}`,
    };
  } catch (error) {
    if (error instanceof ConfigError || error instanceof PackError)
      return { ok: false, text: `${error.message}\n` };
    throw error;
  }
}

function printPack(flags: PackFlags, shell: Shell): number {
  const { ok, text } = pack(flags, shell.env);
  if (ok) shell.out(text);
  else shell.err(text);
  return ok ? EXIT.good : EXIT.failed;
}

function changesText(folder: string, changes: ReadonlyMap<string, FileChange>): string {
  const lines = [...changes].map(([path, change]) => `${change.padEnd(9)}  ${folder}/${path}\n`);
  const changed = [...changes.values()].filter((change) => change !== "unchanged").length;
  const hasNewRules = [...changes].some(
    ([path, change]) => path.startsWith("rules/") && (change === "written" || change === "updated"),
  );
  const hint = hasNewRules
    ? `in prometheus.yml: rule_files: ["${resolve(folder, "rules")}/*.rules.yml"]\n`
    : "";
  return `${lines.join("")}${counted(changes.size, "file")}, ${changed === 0 ? "none changed" : `${changed} changed`}\n${hint}`;
}
