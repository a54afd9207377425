import { Command } from "commander";
import { defined } from "../core/defined.ts";
import { dashboardOf, dashboardSchema } from "../report/dashboard.ts";
import type { BeatFacts } from "../report/reporters.ts";
import { urlValue } from "./flag-values.ts";
import { type RemoteFlags, remoteFlags, withRemoteFlags } from "./remote-flags.ts";
import { type Choose, EXIT, type Shell, withConfigFile, withUsageExit } from "./shell.ts";

/** The flags of `heartbeat-exporter dashboard`. */
interface DashboardFlags {
  readonly url?: URL;
  readonly remote: RemoteFlags;
  readonly configFile?: string;
}

const HELP = `
With --url, prints the statuses that a running exporter has determined by its thresholds; nothing is probed. Without it,
probes every configured target once: a success counts as healthy, a failure as unhealthy. Heartbeats are unknown then,
because only a running exporter receives pings, and components are not listed.

healthy includes degraded targets, which work, but slowly or with a warning. Unknown ones count as neither. summary.all
counts targets, heartbeats that ping, and components together.

Exit code: 0 the dashboard was printed, 1 it could not be made, 2 wrong flags or a bad configuration.

Examples:
  heartbeat-exporter dashboard --url=http://127.0.0.1:8091 | jq '.summary'
  heartbeat-exporter dashboard --url=http://127.0.0.1:8091 | jq '.heartbeats[] | select(.current_status == "unhealthy")'
  heartbeat-exporter dashboard --config.file=exporter.yml | jq -r '.services[] | select(.critical).service_name'
`;

/** Defines `dashboard`, which prints the statuses of targets, heartbeats and components as JSON. */
export const dashboardCommand = (choose: Choose): Command =>
  withRemoteFlags(withConfigFile(withUsageExit(new Command("dashboard"))))
    .description("Print the status of each target, heartbeat and component, and their numbers, as JSON.")
    .option("--url <url>", "ask this running exporter instead of probing", urlValue)
    .addHelpText("after", HELP)
    .action((_options, command: Command) => {
      const { url, "config.file": configFile } = command.optsWithGlobals<{
        url?: URL;
        "config.file"?: string;
      }>();
      const flags: DashboardFlags = {
        ...defined({ url, configFile }),
        remote: remoteFlags(command),
      };
      choose((shell) => printDashboard(flags, shell));
    });

async function printDashboard(flags: DashboardFlags, shell: Shell): Promise<number> {
  const dashboard =
    flags.url === undefined
      ? await probeDashboard(flags.configFile, shell)
      : await fetchDashboard(flags.url, flags.remote);
  shell.out(`${JSON.stringify(dashboard, null, 2)}\n`);
  return EXIT.good;
}

async function fetchDashboard(url: URL, remote: RemoteFlags): Promise<unknown> {
  const { createRemote } = await import("./remote.ts");
  return createRemote(url, remote).ask("api/v1/dashboard", dashboardSchema);
}

async function probeDashboard(configFile: string | undefined, shell: Shell): Promise<unknown> {
  const { loadConfig } = await import("./load-config.ts");
  const { selectTargets } = await import("./probe/selection.ts");
  const { probeOnce } = await import("./probe/run.ts");
  const config = await loadConfig(configFile, shell);
  const selected = config.targets.length === 0 ? [] : selectTargets({ targets: [] }, config);
  const runs = await probeOnce(selected, config, shell);
  const critical = new Set(config.targets.filter((one) => one.critical).map(({ name }) => name));
  const services = runs.map(({ name, module, result: { outcome, endedAt } }) => ({
    name,
    module: module.name,
    critical: critical.has(name),
    status: outcome.ok ? ("healthy" as const) : ("unhealthy" as const),
    consecutiveFailures: outcome.ok ? 0 : 1,
    ...(outcome.ok ? { lastHealthy: endedAt } : {}),
    lastUpdated: endedAt,
    // One probe says nothing about uptime, so none are counted.
    probes: 0,
    successes: 0,
    outages: [],
  }));
  // A command has received no ping and no report.
  const heartbeats = config.push.heartbeats.map(
    ({ name, kind, hostname, owner, critical, timeout }): BeatFacts => ({
      name,
      kind,
      critical,
      timeout,
      source: "push",
      status: "unknown",
      ...defined({ hostname, owner }),
    }),
  );
  const now = shell.clock.now();
  return dashboardOf({ services, heartbeats, components: [] }, { from: now, to: now });
}
