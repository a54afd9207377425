import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";
import { startPrometheus } from "../helpers/prometheus.ts";
import { scaledRules } from "../pack/scaled-rules.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { type Pod, type PodSpec, startPod } from "./pods.ts";
import { type LeaseWitness, now, watchEvery, watchLease } from "./witness.ts";

// Two pairs of replicas of examples/kubernetes-lease, in two namespaces, with a real API server and a real Prometheus with the shipped
// rules. Everything is six times as fast as the example says: its durations, those of the rules, and the scrapes.

const FACTOR = 6;

/** Longest time in seconds, of this test, until the mode follows the model: four intervals, a timeout, and what a busy machine takes. */
const MODE_LAG = 4 * 5 + 2 + 10;

const EXAMPLE = fileURLToPath(new URL("../../examples/kubernetes-lease/kubernetes.yml", import.meta.url));

/** Alerts of a model that is down, which are true. */
const MODEL_DOWN = /^Heartbeat(ModelUnavailable|TargetDown|ConsecutiveFailures|InFallback) of gpt /;

/** Alerts that go on when an outage is over: a day's uptime, and what the model's outage took of its budget. */
const LOOKS_BACK = /^Heartbeat(UptimeLow of|(ErrorBudgetBurn\w+|TargetFlapping|FailoverFlapping) of gpt) /;

/** One answer of a replica for its mode, after redirects. */
interface Answer {
  readonly at: number;
  readonly pod: string;
  readonly mode: string;
  readonly stale: boolean;
}

/** The answer of `/config/mode`, as far as this test reads it. */
interface ModeReport {
  readonly current_mode?: string;
  readonly stale?: boolean;
}

/** A model whose server can fail, and remembers by which key it was asked. */
async function startModel() {
  const prompts: { readonly at: number; readonly key: string }[] = [];
  /** Times at which it began and ceased to be down, in turns. */
  const changes: number[] = [];
  const isDown = (): boolean => changes.length % 2 === 1;
  const server = await serveHttp((request, response) => {
    request.resume();
    prompts.push({ at: now(), key: request.headers.authorization?.replace("Bearer ", "").trim() ?? "" });
    if (isDown()) {
      response.statusCode = 503;
      return void response.end();
    }
    response.setHeader("Content-Type", "application/json");
    const choices = [{ message: { role: "assistant", content: "HEALTHY" }, finish_reason: "stop" }];
    response.end(
      JSON.stringify({ model: "gpt-4o-mini", choices, usage: { prompt_tokens: 9, completion_tokens: 1 } }),
    );
  });
  return {
    server,
    prompts,
    /** Reports whether the model was up, or down, for all of the seconds before a time. */
    wasFor: (state: "up" | "down", duration: number, at: number): boolean => {
      const before = changes.filter((change) => change <= at);
      const isState = (before.length % 2 === 1) === (state === "down");
      return isState && at - (before.at(-1) ?? Number.NEGATIVE_INFINITY) >= duration;
    },
    change: () => void changes.push(now()),
  };
}

/** Shortens the durations of the example, and asks the test's model. */
function testConfig(example: string, model: string): string {
  const text = example
    .replace("https://api.openai.com/v1", `http://${model}/v1`)
    .replace(/\b(duration|interval|timeout): (\d+)s/g, (_, name: string, value: string) => {
      return `${name}: ${Math.max(1, Math.round(Number(value) / FACTOR))}s`;
    });
  expect(text).toMatch(/duration: 5s[^]*timeout: 2s[^]*interval: 5s[^]*interval: 2s/);
  return text;
}

const NAMESPACES = ["monitoring", "team"] as const;
type Namespace = (typeof NAMESPACES)[number];

/** Renews the Lease that is probed, as its holder would, until the returned function is called. */
function holdLease(cluster: Cluster): () => void {
  const path = "/apis/coordination.k8s.io/v1/namespaces/kcp/leases";
  let exists = false;
  return watchEvery(0.5, async () => {
    const spec = {
      holderIdentity: "syncer-0",
      leaseDurationSeconds: 3,
      renewTime: new Date().toISOString().replace("Z", "000Z"),
    };
    const metadata = { name: "syncer-heartbeat" };
    if (exists) return void (await cluster.api("PATCH", `${path}/syncer-heartbeat`, { spec }));
    await cluster.api("POST", path, { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec });
    exists = true;
  });
}

/** Labels that the operator gives the targets of service-monitor.yml, besides those of the pod. */
const OPERATOR_LABELS = {
  job: "heartbeat-pair",
  service: "heartbeat-pair",
  endpoint: "http",
  container: "heartbeat-exporter",
} as const;

const scrapeConfig = (pods: readonly Pod[]): string => `
global: { scrape_interval: 5s, scrape_timeout: 3s, evaluation_interval: 2s }
rule_files: ["*.rules.yml"]
scrape_configs:
${NAMESPACES.map((namespace) => {
  const targets = pods
    .filter(({ spec }) => spec.namespace === namespace)
    .map(({ spec: { ip, name } }) =>
      JSON.stringify({
        targets: [`${ip}:8091`],
        labels: { ...OPERATOR_LABELS, namespace, pod: name },
      }),
    );
  return `  - { job_name: serviceMonitor/${namespace}/heartbeat-pair/0, static_configs: [${targets.join(", ")}] }`;
}).join("\n")}
`;

test("two replicas tell the truth, and send no prompt twice, whatever happens to them and to the API server", async () => {
  await using resources = new AsyncDisposableStack();
  const cluster = resources.use(await startCluster());
  const example = readFileSync(EXAMPLE, "utf8");
  await cluster.kubectl(["apply", "-f", EXAMPLE]);
  await cluster.kubectl(["apply", "-f", "-"], example.replaceAll("monitoring", "team"));
  const model = await startModel();
  resources.use(model.server);
  resources.defer(holdLease(cluster));

  const leases = new Map<Namespace, LeaseWitness>();
  for (const namespace of NAMESPACES) {
    const witness = watchLease(cluster, namespace, "heartbeat-pair");
    leases.set(namespace, witness);
    resources.defer(witness.stop);
  }
  const specOf = async (namespace: Namespace, index: number, name: string): Promise<PodSpec> => ({
    namespace,
    name,
    ip: `127.1.${NAMESPACES.indexOf(namespace)}.${index + 1}`,
    account: "heartbeat-pair",
    config: testConfig(
      await cluster.kubectl([
        "--namespace",
        namespace,
        "get",
        "configmap",
        "heartbeat-pair",
        "--output=jsonpath={.data.exporter\\.yml}",
      ]),
      model.server.host,
    ),
    secrets: { "heartbeat-pair/openai": name },
  });
  /** All pods that run, by name. */
  const pods = new Map<string, Pod>();
  resources.defer(
    async () => void (await Promise.all([...pods.values()].map((pod) => pod[Symbol.asyncDispose]()))),
  );
  const run = async (spec: PodSpec): Promise<Pod> => {
    const pod = await startPod(cluster, spec);
    pods.set(spec.name, pod);
    return pod;
  };
  for (const namespace of NAMESPACES)
    for (const index of [0, 1]) await run(await specOf(namespace, index, `${namespace}-${index}`));
  const prometheus = resources.use(
    await startPrometheus({
      version: "newest",
      config: scrapeConfig([...pods.values()]),
      files: scaledRules(FACTOR),
    }),
  );

  const answers: Answer[] = [];
  for (const name of NAMESPACES.flatMap((namespace) => [`${namespace}-0`, `${namespace}-1`])) {
    const stop = watchEvery(1, async (at) => {
      const { url } = pods.get(name)?.exporter ?? {};
      if (url === undefined) return;
      const response = await fetch(`${url}/config/mode?target=gpt`, { signal: AbortSignal.timeout(900) });
      const { current_mode: mode = "none", stale = false } = (await response.json()) as ModeReport;
      answers.push({ at, pod: name, mode, stale });
    });
    resources.defer(stop);
  }
  const firing: {
    readonly at: number;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
  }[] = [];
  resources.defer(
    watchEvery(1, async (at) => {
      for (const { metric } of await prometheus.query('ALERTS{alertstate="firing"}'))
        firing.push({ at, name: metric["alertname"] ?? "", labels: metric });
    }),
  );

  /** Returns the pod that leads in a namespace, as its Lease says; the identity begins with the name of the pod. */
  const leaderOf = (namespace: Namespace): Pod | undefined =>
    [...pods.values()].find(
      ({ spec }) =>
        spec.namespace === namespace && leases.get(namespace)?.holder().startsWith(spec.name) === true,
    );
  const untilLeader = (namespace: Namespace, other?: Pod): Promise<Pod> =>
    waitUntil(`a leader in ${namespace}`, () => {
      const leader = leaderOf(namespace);
      return leader !== undefined && leader.spec.name !== other?.spec.name ? leader : undefined;
    });
  const untilMode = async (mode: string): Promise<void> => {
    const recent = (): readonly Answer[] => answers.filter(({ at }) => now() - at < 2.5);
    try {
      await waitUntil(
        `mode ${mode} of every replica`,
        () => {
          const isTold = [...pods.keys()].every((name) => recent().some(({ pod }) => pod === name));
          return (isTold && recent().every((answer) => answer.mode === mode && !answer.stale)) || undefined;
        },
        seconds(90),
      );
    } catch (cause) {
      const logs = [...pods].map(([name, pod]) => `${name}: ${pod.exporter.process.output().slice(-2000)}`);
      throw new Error(`answers: ${JSON.stringify(recent())}\n${logs.join("\n")}`, { cause });
    }
  };
  const recentNames = (since: number): readonly string[] => [
    ...new Set(
      firing
        .filter(({ at, name }) => at >= since && name !== "HeartbeatWatchdog")
        .map(({ name, labels: { namespace, target } }) =>
          [
            name,
            ...(target === undefined ? [] : ["of", target]),
            ...(namespace === undefined ? [] : ["in", namespace]),
          ].join(" "),
        ),
    ),
  ];
  const untilQuiet = async (): Promise<void> => {
    const loud = (): readonly string[] => recentNames(now() - 4).filter((name) => !LOOKS_BACK.test(name));
    try {
      await waitUntil("the end of all alerts", () => loud().length === 0 || undefined, seconds(150));
    } catch (cause) {
      throw new Error(`alerts: ${JSON.stringify(firing.slice(-loud().length))}`, { cause });
    }
  };
  /** Runs one chapter of the story and asserts which alerts fired in it: all of `required`, and else only those that match. */
  const chapter = async (
    title: string,
    work: () => Promise<void>,
    { required = [], allowed = /^$/ }: { required?: readonly string[]; allowed?: RegExp } = {},
  ): Promise<void> => {
    const begin = now();
    await work();
    await untilQuiet();
    const names = recentNames(begin);
    console.log(`${title}: ${(now() - begin).toFixed(0)} s, alerts: ${names.join(", ") || "none"}`);
    const surprising = names.filter(
      (name) => !required.includes(name) && !allowed.test(name) && !LOOKS_BACK.test(name),
    );
    expect.soft({ title, surprising, missing: required.filter((name) => !names.includes(name)) }).toEqual({
      title,
      surprising: [],
      missing: [],
    });
  };
  const restart = async (pod: Pod): Promise<void> => {
    pods.delete(pod.spec.name);
    await pod[Symbol.asyncDispose]();
    await run(pod.spec);
  };

  await chapter("start", async () => {
    for (const namespace of NAMESPACES) await untilLeader(namespace);
    await untilMode("primary");
    // Longer than any rule of the exporter waits: two healthy pairs are no reason for an alert.
    await pause(60_000);
  });

  await chapter(
    "the model is down, and the leader is killed meanwhile",
    async () => {
      model.change();
      await untilMode("fallback");
      const killed = await untilLeader("monitoring");
      killed.kill("SIGKILL");
      await untilLeader("monitoring", killed);
      await restart(killed);
      await untilMode("fallback");
      // The alert of the new leader waits again, for 20 s.
      await pause(30_000);
      model.change();
      await untilMode("primary");
    },
    {
      required: NAMESPACES.map((namespace) => `HeartbeatModelUnavailable of gpt in ${namespace}`),
      allowed: MODEL_DOWN,
    },
  );

  await chapter("the leader ends", async () => {
    const ended = await untilLeader("monitoring");
    ended.kill("SIGTERM");
    await untilLeader("monitoring", ended);
    await restart(ended);
    await untilMode("primary");
  });

  await chapter("the leader stands still for longer than its Lease", async () => {
    const stopped = await untilLeader("monitoring");
    stopped.kill("SIGSTOP");
    await untilLeader("monitoring", stopped);
    await pause(3000);
    stopped.kill("SIGCONT");
    await untilMode("primary");
  });

  await chapter("the Lease is deleted", async () => {
    await cluster.kubectl(["-n", "monitoring", "delete", "lease", "heartbeat-pair"]);
    await untilLeader("monitoring");
    await pause(10_000);
    await untilMode("primary");
  });

  const outage = { from: 0, to: 0 };
  await chapter(
    "the API server stands still",
    async () => {
      cluster.signal("SIGSTOP");
      outage.from = now();
      await pause(60_000);
      outage.to = now();
      cluster.signal("SIGCONT");
      for (const namespace of NAMESPACES) await untilLeader(namespace);
      await untilMode("primary");
    },
    {
      required: [
        "HeartbeatLeasesUnreadable",
        ...NAMESPACES.map((namespace) => `HeartbeatExporterLeaderNotOne in ${namespace}`),
      ],
    },
  );
  // Nothing that the API server did not tell may count: no replica prompts, and the Lease that it could not read is not stale.
  expect.soft(model.prompts.filter(({ at }) => at > outage.from + 6 && at < outage.to)).toEqual([]);

  await chapter(
    "the account loses its rights",
    async () => {
      const binding = await cluster.kubectl([
        "-n",
        "monitoring",
        "get",
        "rolebinding",
        "heartbeat-pair",
        "-o",
        "json",
      ]);
      await cluster.kubectl(["-n", "monitoring", "delete", "rolebinding", "heartbeat-pair"]);
      await pause(45_000);
      const { apiVersion, kind, metadata, roleRef, subjects } = JSON.parse(binding) as {
        readonly metadata: { readonly name: string; readonly namespace: string };
      } & Readonly<Record<"apiVersion" | "kind" | "roleRef" | "subjects", unknown>>;
      const { name, namespace } = metadata;
      const again = { apiVersion, kind, metadata: { name, namespace }, roleRef, subjects };
      await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(again));
      await untilLeader("monitoring");
      await untilMode("primary");
    },
    { required: ["HeartbeatExporterLeaderNotOne in monitoring"] },
  );

  await chapter("tokens are rotated, and the old ones revoked", async () => {
    const before = leaderOf("monitoring")?.spec.name;
    for (const pod of pods.values()) await pod.rotateToken();
    // The API server remembers for ten seconds that a token was good.
    await pause(25_000);
    expect.soft(leaderOf("monitoring")?.spec.name).toBe(before);
    await untilMode("primary");
  });

  await chapter("both replicas are replaced, one after the other", async () => {
    for (const name of ["monitoring-0", "monitoring-1"]) {
      const pod = pods.get(name);
      if (pod === undefined) throw new Error(`no ${name}`);
      pod.kill("SIGTERM");
      await pod.exporter.process.exited;
      await restart(pod);
      await untilLeader("monitoring");
    }
    await untilMode("primary");
  });

  // Each prompt came from the replica that held the Lease of its namespace.
  const strangers = model.prompts.filter(({ at, key }) => {
    const witness = leases.get(key.startsWith("team") ? "team" : "monitoring");
    return !witness?.terms.some(({ holder }) => holder.startsWith(key) && witness.heldBy(holder, at));
  });
  expect.soft(strangers).toEqual([]);
  // Each answer that claims to be known agrees with the model, as far as it can be known by then.
  const wrong = answers.filter(
    ({ at, mode, stale }) =>
      !stale &&
      ((mode === "primary" && model.wasFor("down", MODE_LAG, at)) ||
        (mode === "fallback" && model.wasFor("up", MODE_LAG, at)) ||
        !["primary", "fallback"].includes(mode)),
  );
  expect.soft(wrong).toEqual([]);
  // The check has seen something.
  const count = (namespace: Namespace): number =>
    model.prompts.filter(({ key }) => key.startsWith(namespace)).length;
  expect(Math.min(count("monitoring"), count("team"))).toBeGreaterThan(30);
  expect(answers.length).toBeGreaterThan(600);
  const stale = answers.filter((answer) => answer.stale).length;
  const terms = NAMESPACES.map((namespace) => `${leases.get(namespace)?.terms.length} terms in ${namespace}`);
  console.log(
    `${model.prompts.length} prompts, ${answers.length} answers of which ${stale} stale, ${terms.join(", ")}`,
  );
});
