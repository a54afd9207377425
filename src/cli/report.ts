import { Command, InvalidArgumentError, Option } from "commander";
import { defined } from "../core/defined.ts";
import { type Seconds, seconds } from "../core/units.ts";
import type { Objectives } from "../report/build.ts";
import type { Choose } from "./commands.ts";
import { duration } from "./probe.ts";
import { type RemoteFlags, remoteFlags, remoteUrl, withRemoteFlags } from "./remote-flags.ts";
import { withConfigFile, withUsageExit } from "./shell.ts";

/** The forms of a report. */
export const REPORT_FORMATS = ["text", "json", "markdown", "html"] as const;

/** Where a report is made from. */
export type ReportSource =
  | { readonly kind: "store"; readonly path: string }
  | { readonly kind: "exporter"; readonly url: URL }
  | { readonly kind: "prometheus"; readonly url: URL; readonly selector: string };

/** What `heartbeat-exporter report` was told. */
export interface ReportFlags {
  readonly source: ReportSource;
  readonly remote: RemoteFlags;
  readonly configFile?: string;
  readonly window: Seconds;
  readonly format: (typeof REPORT_FORMATS)[number];
  readonly output?: string;
  readonly objectives: Objectives;
}

const HELP = `
The facts come from one of three places:
  --url             an exporter that runs, of what its history holds (storage.retention)
  --storage.path    the store of an exporter that does not run; --config.file says what is critical
  --prometheus.url  a Prometheus that scrapes exporters; several of them are added up

Uptime is the share of probes that succeeded, increase(heartbeat_health_checks_total{status="success"}) divided by
increase(heartbeat_health_checks_total), and the same from a history. With Prometheus the 95th percentile is estimated
from a histogram, and counts are extrapolated to the ends of the window.

Exit code: 0 the report was made, whatever it says; 1 it could not be made; 2 wrong flags or a bad configuration.

Examples:
  heartbeat-exporter report --url=http://127.0.0.1:8091 --window=24h
  heartbeat-exporter report --storage.path=/var/lib/heartbeat/store.db --format=html --output=report.html
  heartbeat-exporter report --prometheus.url=http://prometheus:9090 --window=30d --format=markdown
  heartbeat-exporter report --url=http://127.0.0.1:8091 --format=json | jq '.services'
`;

/** `report`: uptime, response times, alerts and objectives over a window. */
export const reportCommand = (choose: Choose): Command =>
  withRemoteFlags(withConfigFile(withUsageExit(new Command("report"))))
    .description("print a report: uptime, response times, alerts and service level objectives")
    .option("--url <url>", "an exporter that runs", remoteUrl)
    .option("--storage.path <file>", "the store of an exporter")
    .option("--prometheus.url <url>", "a Prometheus that scrapes the exporter", remoteUrl)
    .option(
      "--prometheus.selector <matchers>",
      'which series of the exporters to take, such as job="heartbeat",region="eu"',
      "",
    )
    .option("--window <duration>", "how far to look back (default: 7d)", duration, seconds(7 * 86_400))
    .addOption(new Option("--format <format>", "form of the report").choices(REPORT_FORMATS).default("text"))
    .option("--output <file>", "write the report to this file instead of standard output")
    .option("--slo.availability <percent>", "objective of uptime", availability, 0.999)
    .option("--slo.response-time <duration>", "objective of the 95th percentile", duration, seconds(2))
    .option("--slo.mttr <duration>", "objective of the mean time to recovery", duration, seconds(1800))
    .addHelpText("after", HELP)
    .action((_options, command: Command) => {
      const flags = reportFlags(command);
      choose(async (shell) => (await import("./report/run.ts")).runReport(flags, shell));
    });

function reportFlags(command: Command): ReportFlags {
  const given = command.optsWithGlobals<{
    url?: URL;
    "storage.path"?: string;
    "prometheus.url"?: URL;
    "prometheus.selector": string;
    "config.file"?: string;
    window: Seconds;
    format: ReportFlags["format"];
    output?: string;
    "slo.availability": number;
    "slo.responseTime": Seconds;
    "slo.mttr": Seconds;
  }>();
  const { "storage.path": path, "prometheus.url": prometheus, "config.file": configFile } = given;
  const sources: readonly ReportSource[] = [
    ...(given.url === undefined ? [] : [{ kind: "exporter" as const, url: given.url }]),
    ...(path === undefined ? [] : [{ kind: "store" as const, path }]),
    ...(prometheus === undefined
      ? []
      : [{ kind: "prometheus" as const, url: prometheus, selector: given["prometheus.selector"] }]),
  ];
  const [source] = sources;
  if (source === undefined || sources.length > 1) {
    const got = source === undefined ? "none" : String(sources.length);
    return command.error(`error: got ${got} of --url, --storage.path and --prometheus.url, want one of them`);
  }
  return {
    source,
    remote: remoteFlags(command),
    ...defined({ configFile }),
    window: given.window,
    format: given.format,
    ...defined({ output: given.output }),
    objectives: {
      availability: given["slo.availability"],
      p95: given["slo.responseTime"],
      mttr: given["slo.mttr"],
    },
  };
}

/** In percent, as people say it. */
function availability(text: string): number {
  const percent = /^\d{1,3}(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (percent > 0 && percent <= 100) return percent / 100;
  throw new InvalidArgumentError(`got "${text}", want a percentage above 0 and up to 100 such as 99.9`);
}
