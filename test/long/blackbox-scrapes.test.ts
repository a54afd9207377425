import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { type KindTargets, startKindTargets, type TargetName } from "../differential/targets/kinds.ts";
import { startBlackbox } from "../helpers/blackbox.ts";
import { startExporter } from "../helpers/exporter.ts";
import { type PrometheusServer, startPrometheus } from "../helpers/prometheus.ts";

/** Length of the run. `BLACKBOX_MINUTES=10` compares for longer. */
const MINUTES = Number(process.env["BLACKBOX_MINUTES"] ?? 3);
const INTERVAL = 5;
/** Copies of each probe below: 200 targets. */
const COPIES = 8;
/** Seconds around the change of a target that flaps, in which a verdict can be either: a scrape may join a probe that began before. */
const MARGIN = 5;

const YAML = `
modules:
  page: { prober: http, timeout: 4s, http: { preferred_ip_protocol: ip4 } }
  body: { prober: http, timeout: 4s, http: { preferred_ip_protocol: ip4, fail_if_body_not_matches_regexp: [hello] } }
  insecure: { prober: http, timeout: 4s, http: { preferred_ip_protocol: ip4, tls_config: { insecure_skip_verify: true } } }
  connect: { prober: tcp, timeout: 4s, tcp: { preferred_ip_protocol: ip4 } }
  ssh: { prober: tcp, timeout: 4s, tcp: { preferred_ip_protocol: ip4, query_response: [{ expect: "^SSH-2.0-" }] } }
  smtp:
    prober: tcp
    timeout: 4s
    tcp:
      preferred_ip_protocol: ip4
      tls_config: { insecure_skip_verify: true }
      query_response:
        - { expect: "^220 " }
        - { send: "EHLO prober\\r" }
        - { expect: "^250-STARTTLS" }
        - { send: "STARTTLS\\r" }
        - { expect: "^220" }
        - { starttls: true }
        - { send: "EHLO prober\\r" }
        - { expect: "^250" }
  a: { prober: dns, timeout: 4s, dns: { preferred_ip_protocol: ip4, query_name: www.example.com, query_type: A } }
  soa: { prober: dns, timeout: 4s, dns: { preferred_ip_protocol: ip4, query_name: example.com, query_type: SOA, transport_protocol: tcp } }
  absent: { prober: dns, timeout: 4s, dns: { preferred_ip_protocol: ip4, query_name: nothing.example.com } }
  dot: { prober: dns, timeout: 4s, dns: { preferred_ip_protocol: ip4, query_name: example.com, query_type: NS, transport_protocol: tcp, dns_over_tls: true, tls_config: { insecure_skip_verify: true } } }
  health: { prober: grpc, timeout: 4s, grpc: { preferred_ip_protocol: ip4 } }
  health_tls: { prober: grpc, timeout: 4s, grpc: { preferred_ip_protocol: ip4, tls: true, tls_config: { insecure_skip_verify: true } } }
  not_serving: { prober: grpc, timeout: 4s, grpc: { preferred_ip_protocol: ip4, service: billing } }
  ping: { prober: icmp, timeout: 4s, icmp: { preferred_ip_protocol: ip4 } }
  socket: { prober: unix, timeout: 4s, unix: { query_response: [{ expect: "^ready" }] } }
`;

/** The state that a target has: always the same, or another one in each minute. */
type State = "well" | "unwell" | "flapping";

const PROBES: readonly (readonly [module: string, target: TargetName, state: State])[] = [
  ["page", "page", "well"],
  ["page", "broken", "unwell"],
  ["page", "flapping", "flapping"],
  ["page", "moved", "well"],
  ["page", "closed", "unwell"],
  ["page", "unreachable", "unwell"],
  ["page", "https", "unwell"],
  ["body", "page", "well"],
  ["body", "json", "unwell"],
  ["insecure", "https", "well"],
  ["connect", "ssh", "well"],
  ["connect", "closed", "unwell"],
  ["ssh", "ssh", "well"],
  ["ssh", "pop3", "unwell"],
  ["smtp", "smtp", "well"],
  ["a", "dns", "well"],
  ["soa", "dns", "well"],
  ["absent", "dns", "unwell"],
  ["dot", "dot", "well"],
  ["health", "grpc", "well"],
  ["health_tls", "grpcTls", "well"],
  ["not_serving", "grpc", "unwell"],
  ["ping", "loopback", "well"],
  ["socket", "socket", "well"],
  ["socket", "noSocket", "unwell"],
];

/** Returns the true state at a time, or `undefined` close to a change. */
function truth(state: State, seconds: number): boolean | undefined {
  if (state !== "flapping") return state === "well";
  const inMinute = seconds % 60;
  if (inMinute < MARGIN || inMinute > 60 - MARGIN) return undefined;
  return Math.floor(seconds / 60) % 2 === 0;
}

const scrapeConfig = (job: string, url: string, { addresses }: KindTargets): string => `
  - job_name: ${job}
    metrics_path: /probe
    static_configs:
${PROBES.flatMap(([module, target, state]) =>
  Array.from(
    { length: COPIES },
    (_, copy) =>
      `      - { targets: [${JSON.stringify(addresses[target])}], labels: { module: ${module}, state: ${state}, copy: "${copy}" } }\n`,
  ),
).join("")}
    relabel_configs:
      - { source_labels: [__address__], target_label: __param_target }
      - { source_labels: [module], target_label: __param_module }
      - { source_labels: [__param_target], target_label: instance }
      - { target_label: __address__, replacement: ${JSON.stringify(new URL(url).host)} }
`;

/** Scrapes of one target that may be lost while other programs take the processors. */
const LOST_SCRAPES = 2;

/** Returns the reason that a failed probe gave. */
async function reasonAt(
  prometheus: PrometheusServer,
  { job, instance, module, copy }: Readonly<Record<string, string>>,
  seconds: number,
): Promise<string> {
  const labels = `job="${job}",instance=${JSON.stringify(instance)},module="${module}",copy="${copy}"`;
  const found = await prometheus.query(`probe_failure_reason{${labels}} @ ${seconds}`);
  return found.map(({ metric }) => metric["reason"]).join();
}

interface Range {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly values: readonly (readonly [seconds: number, value: string])[];
  }[];
}

test("200 targets of all kinds have the true verdict at each scrape, through both exporters", async () => {
  await using targets = await startKindTargets();
  await using theirs = await startBlackbox({ version: "newest", config: YAML });
  await using ours = await startExporter({ yaml: YAML });
  const config = `global: { scrape_interval: ${INTERVAL}s, scrape_timeout: ${INTERVAL}s }\nscrape_configs:${scrapeConfig("theirs", theirs.url, targets)}${scrapeConfig("ours", ours.url, targets)}`;
  await using prometheus = await startPrometheus({ version: "newest", config });
  await pause(MINUTES * 60_000);

  const range = `[${MINUTES + 2}m]`;
  const { result } = (await prometheus.api("query", { query: `probe_success${range}` })) as Range;
  const wrong: string[] = [];
  let compared = 0;
  for (const { metric, values } of result) {
    for (const [seconds, value] of values) {
      const expected = truth(metric["state"] as State, seconds);
      if (expected === undefined) continue;
      compared += 1;
      if (expected !== (value === "1"))
        wrong.push(
          `${metric["job"]} ${metric["module"]} ${metric["instance"]}: ${value} at ${seconds}, ${await reasonAt(prometheus, metric, seconds)}`,
        );
    }
    // Each scrape has an answer, except the first ones, and those that a machine without processor time for the exporter loses.
    if (values.length < (MINUTES * 60) / INTERVAL - 3 - LOST_SCRAPES)
      wrong.push(`${metric["job"]} ${metric["module"]} ${metric["instance"]}: ${values.length} scrapes`);
  }
  expect(wrong).toEqual([]);
  expect(result).toHaveLength(2 * COPIES * PROBES.length);
  const series = async (job: string): Promise<unknown> => {
    const { result: found } = (await prometheus.api("query", {
      query: `count by (__name__, module, state) ({job="${job}", __name__=~"probe_.+", state!="flapping"})`,
    })) as { result: readonly { metric: Record<string, string>; value: [number, string] }[] };
    return Object.fromEntries(
      found
        .filter(({ metric }) => !OURS.test(metric["__name__"] ?? ""))
        .map(({ metric, value }) => [Object.values(metric).join(" "), value[1]]),
    );
  };
  expect(await series("ours")).toEqual(await series("theirs"));
  console.log(`${compared} verdicts in ${MINUTES} minutes, all true`);
});

/** Series that blackbox_exporter does not have, among them those of refused certificates. */
const OURS = /^probe_(failure_reason|result_age_seconds|timeout_seconds|dns_retries|icmp_requests|ssl_|tls_)/;
