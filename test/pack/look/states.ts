import { startExporter } from "../../helpers/exporter.ts";
import { type PrometheusServer, startPrometheus } from "../../helpers/prometheus.ts";
import { scaledRules } from "../scaled-rules.ts";
import type { Moment } from "./frames.ts";
import { startWorld, VICTIMS } from "./world.ts";

/** The states in which the dashboards are looked at. */
export const STATES = ["healthy", "outage", "exporter dead", "empty", "never scraped"] as const;

/** A state: all is well, some are down, the exporter is down, it has nothing configured, or there is none at all. */
export type StateName = (typeof STATES)[number];

/** Every state, each a moment of a real Prometheus with the shipped rules. */
export interface States extends AsyncDisposable {
  readonly moments: Readonly<Record<StateName, Moment>>;
}

/** The rules wait minutes; here, seconds. */
const FASTER = 60;

/** Brings about every state and remembers when it was reached. */
export async function reachStates(): Promise<States> {
  await using resources = new AsyncDisposableStack();
  const world = resources.use(await startWorld());
  const idle = resources.use(await startExporter({ yaml: "modules: { web: { prober: http } }" }));
  const scrape = async (...urls: readonly string[]): Promise<PrometheusServer> =>
    resources.use(await startPrometheus({ version: "newest", ...scraping(urls) }));
  const [busy, empty, none] = await Promise.all([scrape(world.exporter.url), scrape(idle.url), scrape()]);
  const from = Math.floor(await now(busy));
  /** The next whole second, at which range queries have a point, once it has come. */
  const moment = async (prometheus: PrometheusServer): Promise<Moment> => {
    const to = Math.ceil(await now(prometheus));
    await prometheus.queryUntil(`vector(time()) >= ${to}`);
    return { prometheus, from, to };
  };
  /** A moment whose scrape has not timed out, as happens on a busy machine. */
  const momentWhileUp = async (prometheus: PrometheusServer): Promise<Moment> => {
    for (;;) {
      const one = await moment(prometheus);
      if ((await prometheus.query(`up @ ${one.to} == 1`)).length > 0) return one;
    }
  };

  await untilHealthy(busy);
  const healthy = await momentWhileUp(busy);
  world.breakVictims();
  await untilBroken(busy);
  const outage = await momentWhileUp(busy);
  world.exporter.process.kill("SIGKILL");
  await busy.queryUntil("up == 0");
  await busy.queryUntil(`ALERTS{alertname="HeartbeatExporterDown", alertstate="firing"}`);
  const dead = await moment(busy);
  await empty.queryUntil("heartbeat_exporter_build_info");
  const moments = {
    healthy,
    outage,
    "exporter dead": dead,
    empty: await momentWhileUp(empty),
    "never scraped": await moment(none),
  };
  const owned = resources.move();
  return { moments, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The time of Prometheus, in Unix seconds. */
const now = async (prometheus: PrometheusServer): Promise<number> =>
  (await prometheus.query("time()"))[0]?.value ?? Number.NaN;

async function untilHealthy(prometheus: PrometheusServer): Promise<void> {
  await prometheus.queryUntil(`count(heartbeat_target_status{status="healthy"} == 1) == 11`);
  await prometheus.queryUntil("count(heartbeat_up == 1) == 4");
  await prometheus.queryUntil(`count(heartbeat_group_status{status="healthy"} == 1) == 2`);
  await prometheus.queryUntil("rate(heartbeat_health_checks_total[10s]) > 0");
}

async function untilBroken(prometheus: PrometheusServer): Promise<void> {
  const victims = VICTIMS.join("|");
  await prometheus.queryUntil(
    `count(heartbeat_target_status{status="unhealthy", target=~"${victims}"} == 1) == 6`,
  );
  await prometheus.queryUntil(`count(heartbeat_up == 0) == 3`);
  await prometheus.queryUntil(`heartbeat_group_status{group="business", status="unhealthy"} == 1`);
  await prometheus.queryUntil(`heartbeat_current_mode{target="gpt", mode="fallback"} == 1`);
  await prometheus.queryUntil(`ALERTS{alertname="HeartbeatCriticalTargetDown", alertstate="firing"}`);
  await prometheus.queryUntil(`ALERTS{alertname="HeartbeatMissed", alertstate="firing"}`);
}

function scraping(urls: readonly string[]): { config: string; files: Readonly<Record<string, string>> } {
  const targets = urls.map((url) => `"${new URL(url).host}"`).join(", ");
  return {
    files: scaledRules(FASTER),
    config: `
global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: ["*.rules.yml"]
scrape_configs:
  - { job_name: heartbeat, static_configs: [{ targets: [${targets}] }] }
`,
  };
}
