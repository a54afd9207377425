import { connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { freePort, waitUntil } from "../helpers/process.ts";
import { startPrometheus } from "../helpers/prometheus.ts";
import { repeatedly } from "../helpers/repeatedly.ts";
import { startReceiver } from "../notify/receiver.ts";
import { startLiveAlertmanager } from "../pack/live-alertmanager.ts";
import { scaledRules } from "../pack/scaled-rules.ts";

/** Shortens the durations of the rules: five minutes become ten seconds. */
const FACTOR = 30;
const FIVE_MINUTES = (5 * 60 * 1000) / FACTOR;

const MACHINES = [
  "fail-ping-silence",
  "silence-fail-fail",
  "fail-ping",
  "partition",
  "two-exporters",
] as const;
type Machine = (typeof MACHINES)[number];

const heartbeats = MACHINES.map((name) => `  - { name: ${name}, kind: machine, timeout: 4s }`).join("\n");

/** A network between two programs that can be cut. */
async function startNetwork(to: string) {
  const { hostname, port } = new URL(to);
  const open = new Set<Socket>();
  let isCut = false;
  const server = createServer((from) => {
    if (isCut) return void from.destroy();
    const onward = connect(Number(port), hostname);
    for (const [one, other] of [
      [from, onward],
      [onward, from],
    ] as const) {
      open.add(one);
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
      one.pipe(other);
    }
  });
  const listening = await freePort();
  await new Promise<void>((resolve) => server.listen(listening, "127.0.0.1", resolve));
  const cut = (): void => {
    isCut = true;
    for (const socket of open) socket.destroy();
    open.clear();
  };
  return {
    host: `127.0.0.1:${listening}`,
    cut,
    mend() {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Starts two exporters, Prometheus with the shipped rules, Alertmanager with the shipped routes, and a receiver. */
async function stack() {
  await using resources = new AsyncDisposableStack();
  const receiver = resources.use(await startReceiver());
  const files = { token: "token-of-the-relay", key: "key" };
  const relays = `
relays:
  - { name: machines, token_file: token, url: "${receiver.url}", signing: { key_file: key }, stale_window: 2s }
`;
  const start = async (more: string): Promise<ExporterProcess> =>
    resources.use(
      await startExporter({
        yaml: `modules: { a: { prober: http } }\nheartbeats:\n${heartbeats}\n${more}`,
        files,
      }),
    );
  const [a, b] = [await start(relays), await start("")];
  const relay = `${a.url}/alertmanager/relay/machines`;
  const live = resources.use(await startLiveAlertmanager("alertmanager.yml", "newest", relay));
  const network = resources.use(await startNetwork(live.alertmanager.url));
  const prometheus = resources.use(
    await startPrometheus({
      version: "newest",
      config: `
global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: ["*.rules.yml"]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["${network.host}"] }] }] }
scrape_configs: [{ job_name: heartbeat, static_configs: [{ targets: ["${new URL(a.url).host}", "${new URL(b.url).host}"] }] }]
`,
      files: scaledRules(FACTOR),
      args: ["--rules.alert.resend-delay=1s"],
    }),
  );
  const loops = new Map<string, () => Promise<void>>();
  resources.defer(async () => {
    await Promise.all([...loops.values()].map((end) => end()));
  });
  const owned = resources.move();
  const ping = (machine: Machine, action = "", { url }: ExporterProcess = a): Promise<unknown> =>
    fetch(`${url}/ping/${machine}${action}`).catch(() => undefined);
  const told = (machine: Machine): readonly string[] =>
    receiver.arrived
      .map(({ body }) => (JSON.parse(body) as { machine: { name: string; status: string } }).machine)
      .filter(({ name }) => name === machine)
      .map(({ status }) => status);
  return {
    a,
    b,
    network,
    prometheus,
    live,
    ping,
    told,
    /** Waits until this is what the receiver was told, and nothing else. */
    toldAll: async (machine: Machine, ...words: readonly string[]) => {
      await waitUntil(`${machine} ${words.join()}`, () =>
        told(machine).length >= words.length ? true : undefined,
      );
      expect({ machine, told: told(machine) }).toEqual({ machine, told: words });
    },
    keep: async (key: string, work: () => Promise<unknown>) => {
      await loops.get(key)?.();
      loops.set(key, repeatedly(work));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

type Stack = Awaited<ReturnType<typeof stack>>;

const SEQUENCES: Readonly<Record<Machine, (one: Stack) => Promise<void>>> = {
  async "fail-ping-silence"({ ping, prometheus, toldAll }) {
    await ping("fail-ping-silence", "/fail");
    await toldAll("fail-ping-silence", "offline");
    await ping("fail-ping-silence");
    await prometheus.queryUntil('heartbeat_failed{heartbeat="fail-ping-silence"} == 0');
    await toldAll("fail-ping-silence", "offline", "online");
    // By then an alert that outlived its cause by five minutes would have ended.
    await pause(FIVE_MINUTES + 2000);
    await toldAll("fail-ping-silence", "offline", "online", "offline");
  },
  async "silence-fail-fail"({ ping, toldAll, keep }) {
    await ping("silence-fail-fail");
    await toldAll("silence-fail-fail", "offline");
    await keep("silence-fail-fail", () => ping("silence-fail-fail", "/fail"));
    await pause(FIVE_MINUTES + 4000);
    await toldAll("silence-fail-fail", "offline");
  },
  async "fail-ping"({ ping, toldAll, keep }) {
    await ping("fail-ping", "/fail");
    await toldAll("fail-ping", "offline");
    await keep("fail-ping", () => ping("fail-ping"));
    await toldAll("fail-ping", "offline", "online");
  },
  async partition({ ping, toldAll }) {
    await ping("partition");
    await toldAll("partition", "offline");
  },
  async "two-exporters"({ a, b, ping, prometheus, toldAll, keep }) {
    await ping("two-exporters", "", a);
    await ping("two-exporters", "", b);
    await prometheus.queryUntil(
      'count(ALERTS{alertname="HeartbeatMissed",alertstate="firing",heartbeat="two-exporters"}) == 2',
    );
    await toldAll("two-exporters", "offline");
    await keep("two-exporters/a", () => ping("two-exporters", "", a));
    await prometheus.queryUntil(
      'count(ALERTS{alertname="HeartbeatMissed",alertstate="firing",heartbeat="two-exporters"}) == 1',
    );
    // Alertmanager sends the end of the first alert within this time.
    await pause(2500);
    await toldAll("two-exporters", "offline");
    await keep("two-exporters/b", () => ping("two-exporters", "", b));
    await toldAll("two-exporters", "offline", "online");
  },
};

test("a receiver is told once that a machine goes offline, and that it is back when it is", async () => {
  await using all = await stack();
  const { told, toldAll, ping, network, keep } = all;
  for (const machine of MACHINES)
    await all.prometheus.queryUntil(`heartbeat_timeout_seconds{heartbeat="${machine}"}`);
  await Promise.all(MACHINES.map((machine) => SEQUENCES[machine](all)));
  const soFar = {
    "fail-ping-silence": ["offline", "online", "offline"],
    "silence-fail-fail": ["offline"],
    "fail-ping": ["offline", "online"],
    partition: ["offline"],
    "two-exporters": ["offline", "online"],
  } as const;
  expect(Object.fromEntries(MACHINES.map((machine) => [machine, told(machine)]))).toEqual(soFar);

  // Alertmanager gives up on alerts that Prometheus does not renew, and hears of them again.
  network.cut();
  const down = ["fail-ping-silence", "silence-fail-fail", "partition"] as const;
  for (const machine of down) await toldAll(machine, ...soFar[machine], "online");
  network.mend();
  for (const machine of down) await toldAll(machine, ...soFar[machine], "online", "offline");
  for (const machine of down) await keep(machine, () => ping(machine));
  for (const machine of down) await toldAll(machine, ...soFar[machine], "online", "offline", "online");
  expect(told("fail-ping")).toEqual(soFar["fail-ping"]);
  expect(told("two-exporters")).toEqual(soFar["two-exporters"]);
  expect(all.live.alertmanager.warnings()).toEqual([]);
});
