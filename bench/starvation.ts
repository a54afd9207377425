import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startBlackbox } from "../test/helpers/blackbox.ts";
import { startDnsServer } from "../test/helpers/dns-server.ts";
import { type ExporterProcess, startExporter } from "../test/helpers/exporter.ts";
import { temporaryFolder } from "../test/helpers/temporary-folder.ts";
import { startReceiver } from "../test/notify/receiver.ts";
import type { Targets } from "./peers.ts";
import { median, print, quantile } from "./statistics.ts";

const HANGING = 200;
const GOOD = 500;
/** Events of each kind for the good receiver. */
const EVENTS = 50;
const EVENT_EVERY_MS = 100;
/** Alerts that wait for each relay whose receiver's name hangs. */
const WAITING_ALERTS = 5;
const TIMEOUT_S = 5;
/** The good names are probed once in this time, a usual scrape interval, and the hanging ones all the time. */
const SPREAD_MS = 15_000;
/** A good probe or delivery that takes longer is late. */
const ON_TIME_MS = 1000;
const NAME_SERVER = "127.0.53.53";
/** Set in the process that has a name server of its own. */
const INSIDE = "BENCH_STARVATION_INSIDE";

const hangingName = (i: number): string => `name-${i}.hangs.example`;
const goodName = (i: number): string => `name-${i}.good.example`;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/**
 * Probes and deliveries to good names beside 200 names whose name server never answers. It runs again in a mount namespace with
 * a `/etc/resolv.conf` of its own, because blackbox_exporter knows no other way to another name server: only as root.
 */
export async function starvation(targets: Targets): Promise<void> {
  if (process.env[INSIDE] === undefined) return runInside();
  const answer = (name: string) => (name.endsWith(".good.example") ? ["127.0.0.1"] : ("silence" as const));
  await using resources = new AsyncDisposableStack();
  resources.use(await startDnsServer(answer, { address: NAME_SERVER, port: 53 }));
  await probes(targets);
  await deliveries();
}

async function runInside(): Promise<void> {
  await using folder = await temporaryFolder();
  const conf = await folder.write("resolv.conf", `nameserver ${NAME_SERVER}\n`);
  const script = `mount --bind "$0" /etc/resolv.conf && exec "$@"`;
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const argv = ["-m", "sh", "-c", script, conf, process.execPath, ...process.execArgv, main, "starvation"];
  await new Promise<void>((resolve) => {
    const child = execFile("unshare", argv, { env: { ...process.env, [INSIDE]: "1" } }, (error) => {
      if (error !== null) print("beside hanging names", `not measured: ${error.message.split("\n", 1)[0]}`);
      resolve();
    });
    child.stdout?.pipe(process.stdout);
    child.stderr?.pipe(process.stderr);
  });
}

async function probes(targets: Targets): Promise<void> {
  const { port } = new URL(targets.http);
  const config = `modules:
  plain: { prober: http, http: { preferred_ip_protocol: ip4 } }
`;
  await using exporter = await startExporter({
    yaml: `${config}  chat: { prober: llm, min_interval: 0s, timeout: ${TIMEOUT_S}s, llm: { api: openai } }\n`,
  });
  await using blackbox = await startBlackbox({ version: "newest", config });
  const http = (name: string): string => `/probe?module=plain&target=http://${name}:${port}/`;
  const llm = (name: string): string => `/probe?module=chat&model=m&target=http://${name}:${port}/v1`;
  for (const [what, url, pathOf] of [
    ["http, ours", exporter.url, http],
    ["http, blackbox_exporter", blackbox.url, http],
    ["llm, ours", exporter.url, llm],
  ] as const) {
    const alone = await probeGood(url, pathOf);
    const isOver = new AbortController();
    const hanging = numbers(HANGING).map(async (i) => {
      while (!isOver.signal.aborted) await probe(`${url}${pathOf(hangingName(i))}`);
    });
    const beside = await probeGood(url, pathOf);
    isOver.abort();
    await Promise.all(hanging);
    report(`good names probed, ${what}`, GOOD, alone, beside);
  }
}

/** Probes the good names, and returns how long each successful probe took in milliseconds. */
async function probeGood(url: string, pathOf: (name: string) => string): Promise<number[]> {
  const all = numbers(GOOD).map(async (i) => {
    await pause((i * SPREAD_MS) / GOOD);
    return probe(`${url}${pathOf(goodName(i))}`);
  });
  return (await Promise.all(all)).filter((took) => took !== undefined);
}

async function probe(url: string): Promise<number | undefined> {
  const begin = performance.now();
  const response = await fetch(url, {
    headers: { "X-Prometheus-Scrape-Timeout-Seconds": String(TIMEOUT_S) },
  });
  const text = await response.text();
  return /^probe_success 1$/m.test(text) ? performance.now() - begin : undefined;
}

async function deliveries(): Promise<void> {
  await using receiver = await startReceiver();
  const { port } = new URL(receiver.url);
  const run = async (hanging: number): Promise<Record<"webhook" | "relay", number[]>> => {
    const names = numbers(hanging).map(hangingName);
    const entries = (options: (name: string, path: string) => string): string =>
      [...names, goodName(0)]
        .map((host, i) => options(`r${i}`, `http://${host}:${port}`))
        .map((entry) => `  - { ${entry} }\n`)
        .join("");
    await using exporter = await startExporter({
      yaml: `heartbeats:
${numbers(EVENTS)
  .map((i) => `  - { name: h${i}, timeout: 1h }\n`)
  .join("")}webhooks:
${entries((name, url) => `name: ${name}, url: "${url}/webhook", events: [heartbeat.offline]`)}relays:
${entries((name, url) => `name: ${name}, url: "${url}/relay", token_file: token, preset: machine`)}`,
      files: { token: "token-of-the-benchmark" },
    });
    const webhook = await deliver(receiver, "/webhook", (name) => exporter.get(`/ping/${name}/fail`));
    for (const alert of numbers(WAITING_ALERTS))
      for (const relay of numbers(hanging)) await postAlert(exporter, `r${relay}`, `h${alert}`);
    const relay = await deliver(receiver, "/relay", (name) => postAlert(exporter, `r${hanging}`, name));
    return { webhook, relay };
  };
  const alone = await run(0);
  const beside = await run(HANGING);
  report("webhooks delivered to a good name", EVENTS, alone.webhook, beside.webhook);
  report("relayed alerts delivered to a good name", EVENTS, alone.relay, beside.relay);
}

/** Causes an event for each heartbeat, and returns how long each took from its cause to the receiver, in milliseconds. */
async function deliver(
  receiver: Awaited<ReturnType<typeof startReceiver>>,
  path: string,
  cause: (heartbeat: string) => Promise<unknown>,
): Promise<number[]> {
  const took: number[] = [];
  for (const i of numbers(EVENTS)) {
    const count = (): number => receiver.arrived.filter((one) => one.path === path).length;
    const before = count();
    const begin = performance.now();
    const caused = cause(`h${i}`);
    while (count() === before && performance.now() - begin < TIMEOUT_S * 1000) await pause(1);
    if (count() > before) took.push(performance.now() - begin);
    await caused;
    await pause(EVENT_EVERY_MS);
  }
  return took;
}

async function postAlert(exporter: ExporterProcess, relay: string, heartbeat: string): Promise<void> {
  const labels = { alertname: "HeartbeatDown", heartbeat };
  const alert = { status: "firing", labels, annotations: {}, startsAt: new Date().toISOString() };
  const response = await fetch(`${exporter.url}/alertmanager/relay/${relay}`, {
    method: "POST",
    headers: { Authorization: "Bearer token-of-the-benchmark" },
    body: JSON.stringify({
      version: "4",
      groupKey: `{}:{heartbeat="${heartbeat}"}`,
      truncatedAlerts: 0,
      status: "firing",
      receiver: relay,
      groupLabels: labels,
      commonLabels: labels,
      commonAnnotations: {},
      externalURL: "http://alertmanager.example",
      alerts: [
        {
          ...alert,
          endsAt: "0001-01-01T00:00:00Z",
          generatorURL: "",
          fingerprint: Buffer.from(heartbeat).toString("hex"),
        },
      ],
    }),
  });
  if (response.status !== 200) throw new Error(`${relay}: ${response.status} ${await response.text()}`);
}

function report(what: string, wanted: number, alone: readonly number[], beside: readonly number[]): void {
  const onTime = beside.filter((took) => took <= ON_TIME_MS).length;
  const ratio = (of: (took: readonly number[]) => number): string =>
    `${of(beside).toFixed(1)} ms / ${of(alone).toFixed(1)} ms = ${(of(beside) / of(alone)).toFixed(2)}`;
  print(
    `${what}, beside ${HANGING} that hang: within 1 s`,
    `${onTime} of ${wanted} (within ${TIMEOUT_S} s: ${beside.length})`,
  );
  print(`${what}: median beside them / alone`, ratio(median));
  print(
    `${what}: p99 beside them / alone`,
    ratio((took) => quantile(took, 0.99)),
  );
}
