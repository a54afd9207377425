import { Command } from "commander";
import { defined } from "../core/defined.ts";
import { dashboardOf, dashboardSchema } from "../report/dashboard.ts";
import type { Choose } from "./commands.ts";
import { type RemoteFlags, remoteFlags, remoteUrl, withRemoteFlags } from "./remote-flags.ts";
import { EXIT, loadConfig, type Shell, withConfigFile, withUsageExit } from "./shell.ts";

/** What `heartbeat-exporter dashboard` was told. */
interface DashboardFlags {
  readonly url?: URL;
  readonly remote: RemoteFlags;
  readonly configFile?: string;
}

const HELP = `
With --url the exporter that runs there says what it knows, after thresholds, and nothing is probed. Without it every
configured target is probed once, now: a success is healthy, a failure unhealthy.

healthy_services counts degraded ones too: they are slow and work. What is unknown counts as neither.

Exit code: 0 the dashboard was made, whatever it says; 1 it could not be made; 2 wrong flags or a bad configuration.

Examples:
  heartbeat-exporter dashboard --url=http://127.0.0.1:8091 | jq '.summary'
  heartbeat-exporter dashboard --config.file=exporter.yml | jq -r '.services[] | select(.critical).service_name'
`;

/** `dashboard`: how many services are well, and each of them, as JSON. */
export const dashboardCommand = (choose: Choose): Command =>
  withRemoteFlags(withConfigFile(withUsageExit(new Command("dashboard"))))
    .description("print how many targets are healthy, and the status of each, as JSON")
    .option("--url <url>", "an exporter that runs; without it targets are probed once", remoteUrl)
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
    flags.url === undefined ? await probed(flags.configFile, shell) : await asked(flags.url, flags.remote);
  shell.out(`${JSON.stringify(dashboard, null, 2)}\n`);
  return EXIT.good;
}

async function asked(url: URL, remote: RemoteFlags): Promise<unknown> {
  const { createRemote } = await import("./remote.ts");
  return createRemote(url, remote).ask("api/v1/dashboard", dashboardSchema);
}

async function probed(configFile: string | undefined, shell: Shell): Promise<unknown> {
  const { choose } = await import("./probe/choose.ts");
  const { probeOnce } = await import("./probe/run.ts");
  const config = await loadConfig(configFile, shell);
  const ended = await probeOnce(choose({ words: [], form: "json" }, config), config, shell);
  const critical = new Set(config.targets.filter((one) => one.critical).map(({ name }) => name));
  const services = ended.map(({ name, module, result: { outcome, endedAt } }) => ({
    name,
    module: module.name,
    critical: critical.has(name),
    status: outcome.ok ? ("healthy" as const) : ("unhealthy" as const),
    consecutiveFailures: outcome.ok ? 0 : 1,
    ...(outcome.ok ? { lastHealthy: endedAt } : {}),
    lastUpdated: endedAt,
    // One probe is no statistic.
    probes: 0,
    successes: 0,
    outages: [],
  }));
  return dashboardOf(services, shell.clock.now());
}
