import { Command, InvalidArgumentError, Option } from "commander";
import { defined } from "../core/defined.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { durationValue, urlValue } from "./flag-values.ts";
import { remoteFlags, withRemoteFlags } from "./remote-flags.ts";
import type { ReportFlags, ReportSource } from "./report/run.ts";
import { type Choose, withConfigFile, withUsageExit } from "./shell.ts";

const FORMATS = ["text", "json", "markdown", "html"] as const satisfies readonly ReportFlags["format"][];

const COLOR_CHOICES = ["auto", "always", "never"] as const satisfies readonly ReportFlags["color"][];

const HELP = `
A report has one source:
  --url             a running exporter; its history reaches back as far as storage.retention
  --storage.path    an exporter's store; --config.file says which targets are critical
  --prometheus.url  a Prometheus that scrapes exporters; the numbers of several exporters are added up

Uptime is the share of successful probes: increase(heartbeat_health_checks_total{status="success"}) divided by
increase(heartbeat_health_checks_total). With --prometheus.url, the 95th percentile is estimated from a histogram, and
counts are extrapolated to the ends of the window.

Exit code: 0 the report was made, 1 it could not be made, 2 wrong flags or a bad configuration.

Examples:
  heartbeat-exporter report --url=http://127.0.0.1:8091 --window=24h
  heartbeat-exporter report --storage.path=/var/lib/heartbeat/store.db --format=html --output=report.html
  heartbeat-exporter report --prometheus.url=http://prometheus:9090 --window=30d --format=markdown
  heartbeat-exporter report --url=http://127.0.0.1:8091 --format=json | jq '.services'
`;

/** Defines `report`, which prints uptime, response times, alerts and objectives over a window. */
export const reportCommand = (choose: Choose): Command =>
  withRemoteFlags(withConfigFile(withUsageExit(new Command("report"))))
    .description("Report statuses, uptime, response times, alerts and service level objectives.")
    .option("--url <url>", "URL of a running exporter", urlValue)
    .option("--storage.path <file>", "an exporter's store")
    .option("--prometheus.url <url>", "URL of a Prometheus that scrapes exporters", urlValue)
    .addOption(
      new Option(
        "--prometheus.selector <matchers>",
        'use only series with these labels, such as job="heartbeat",region="eu"',
      ).default("", "all series"),
    )
    .addOption(withDuration("--window <duration>", "period to report on", 7 * 86_400, "7d"))
    .addOption(new Option("--format <format>", "output format").choices(FORMATS).default("text"))
    .addOption(
      new Option("--color <when>", "colours in text format; auto: on a terminal, unless NO_COLOR is set")
        .choices(COLOR_CHOICES)
        .default("auto"),
    )
    .option("--output <file>", "write the report to this file instead of standard output")
    .addOption(
      new Option("--slo.availability <percent>", "objective for uptime, in percent")
        .argParser(availability)
        .default(0.999, "99.9"),
    )
    .addOption(withDuration("--slo.response-time <duration>", "objective for the 95th percentile", 2, "2s"))
    .addOption(withDuration("--slo.mttr <duration>", "objective for the mean time to recovery", 1800, "30m"))
    .addHelpText("after", HELP)
    .action((_options, command: Command) => {
      const flags = reportFlags(command);
      choose(async (shell) => (await import("./report/run.ts")).runReport(flags, shell));
    });

const withDuration = (flag: string, description: string, length: number, text: string): Option =>
  new Option(flag, description).argParser(durationValue).default(seconds(length), text);

function reportFlags(command: Command): ReportFlags {
  const options = command.optsWithGlobals<{
    url?: URL;
    "storage.path"?: string;
    "prometheus.url"?: URL;
    "prometheus.selector": string;
    "config.file"?: string;
    window: Seconds;
    format: ReportFlags["format"];
    color: ReportFlags["color"];
    output?: string;
    "slo.availability": number;
    "slo.responseTime": Seconds;
    "slo.mttr": Seconds;
  }>();
  const { "storage.path": path, "prometheus.url": prometheus, "config.file": configFile } = options;
  const sources: readonly ReportSource[] = [
    ...(options.url === undefined ? [] : [{ kind: "exporter" as const, url: options.url }]),
    ...(path === undefined ? [] : [{ kind: "store" as const, path }]),
    ...(prometheus === undefined
      ? []
      : [{ kind: "prometheus" as const, url: prometheus, selector: options["prometheus.selector"] }]),
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
    window: options.window,
    format: options.format,
    color: options.color,
    ...defined({ output: options.output }),
    objectives: {
      availability: options["slo.availability"],
      p95: options["slo.responseTime"],
      mttr: options["slo.mttr"],
    },
  };
}

/** Parses a percentage into a share. Refuses a number up to 1 without a percent sign, which is more likely a share. */
function availability(text: string): number {
  const [, number = "", sign] = /^(\d{1,3}(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const percent = number === "" ? Number.NaN : Number(number);
  if (!(percent > 0 && percent <= 100))
    throw new InvalidArgumentError(`got "${text}", want a percentage above 0 and up to 100 such as 99.9`);
  if (percent > 1 || sign === "%") return percent / 100;
  const share = Number((percent * 100).toFixed(9));
  throw new InvalidArgumentError(
    `got "${text}", which may be a ratio, want a percentage: ${share}, or ${text}% if that is meant`,
  );
}
