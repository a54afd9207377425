import { answerChat } from "../../helpers/chat-answer.ts";
import { type ExporterProcess, startExporter } from "../../helpers/exporter.ts";
import { valueOf } from "../../helpers/exposition.ts";
import { serveHttp } from "../../helpers/http-targets.ts";
import { startKubernetes } from "../../helpers/kubernetes.ts";
import { waitUntil } from "../../helpers/process.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { notification, type Receiver, startReceiver } from "../../notify/receiver.ts";
import { NONE, type Registers } from "./registers.ts";

/** Targets with failover, which change between working and failing at random. */
export const TARGETS = ["a", "b", "c", "d", "e", "f"] as const;
const MODES = ["primary", "fallback", "auto"] as const;
const JOBS = ["job-0", "job-1", "job-2"] as const;
const MACHINES = ["machine-0", "machine-1", "machine-2"] as const;

/** Returns an item at random. */
export const oneOf = <T>(items: readonly [T, ...T[]]): T =>
  items[Math.floor(Math.random() * items.length)] ?? items[0];

/** What the exporter of a kill test talks to, and what it was told. */
export interface World extends AsyncDisposable {
  /** The file of the store, in a folder of its own. */
  readonly path: string;
  readonly start: () => Promise<ExporterProcess>;
  /** Number of requests that the targets have answered. */
  readonly probed: () => number;
  readonly down: Set<string>;
  /** Sends a command of any kind. Rejects if the exporter ends before it has answered. */
  readonly command: (exporter: ExporterProcess) => Promise<void>;
  /** Sends pings until one is durable. */
  readonly confirm: (exporter: ExporterProcess) => Promise<void>;
  /** Reads the values of all registers. */
  readonly read: (exporter: ExporterProcess) => Promise<ReadonlyMap<string, string>>;
  /** Describes deliveries that were promised and have not come, or have come too often. */
  readonly undelivered: () => readonly string[];
  /** Describes what a page says wrongly of leases and budgets, compared with earlier pages. */
  readonly misjudged: (page: string) => readonly string[];
}

/** Starts everything but the exporter. */
export async function startWorld(registers: Registers): Promise<World> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const path = `${folder.path}/state/s.db`;
  let probed = 0;
  let calm = false;
  const down = new Set<string>();
  const server = resources.use(
    await serveHttp((request, response) => {
      probed += 1;
      response.writeHead(down.has(request.url ?? "") ? 500 : 200).end();
    }),
  );
  const model = resources.use(await serveHttp((_request, response) => answerChat(response)));
  const reply = (): number => (calm || Math.random() < 0.5 ? 204 : 503);
  const [phone, hook, people, repair] = [
    resources.use(await startReceiver(reply)),
    resources.use(await startReceiver(reply)),
    resources.use(await startReceiver(reply)),
    resources.use(await startReceiver(() => 204)),
  ];
  const cluster = resources.use(await startKubernetes());
  const renew = (): void =>
    cluster.put("kcp/alive", {
      holderIdentity: "one",
      leaseDurationSeconds: 15,
      renewTime: new Date().toISOString().replace("Z", "000Z"),
    });
  renew();
  const renewing = setInterval(renew, 500);
  resources.defer(() => clearInterval(renewing));
  cluster.put("kcp/dead", {
    holderIdentity: "one",
    leaseDurationSeconds: 1,
    renewTime: "2025-09-15T13:30:00.000000Z",
  });

  const yaml = `
storage: { path: ${path} }
control: { token_file: token }
components: { token_file: token }
prices: { m: { input: 1, output: 1 } }
heartbeat_registration: { open: true }
modules:
  web: { prober: http, histograms: [failed_duration], timeout: 500ms, http: { preferred_ip_protocol: ip4 } }
  chat: { prober: llm, timeout: 500ms, min_interval: 0s, budget: { tokens: 1000000, per: day }, llm: { api: openai, model: m, stream: false } }
  lease: { prober: kubernetes_lease, timeout: 500ms, kubernetes_lease: { kubeconfig: kube.json } }
targets:
${TARGETS.map((name) => `  - { name: ${name}, module: web, target: "http://${server.host}/${name}", interval: 500ms, failover: {} }`).join("\n")}
  - { name: gpt, module: chat, target: "http://${model.host}/v1", interval: 500ms, schedule: interval }
  - { name: alive, module: lease, target: kcp/alive, interval: 500ms }
  - { name: dead, module: lease, target: kcp/dead, interval: 500ms }
heartbeats: [${JOBS.map((name) => `{ name: ${name}, timeout: 1h }`).join(", ")}]
routes: [{ name: chat, order: [a, b, c] }]
webhooks: [{ name: app, url: "${hook.url}", events: [component] }]
notify: [{ name: team, webhook: { url: "${people.url}" }, when: { subjects: ["part-*"] }, group_wait: 0s, group_interval: 1s, max_per_hour: 3600 }]
relays: [{ name: phone, token_file: token, url: "${phone.url}", timeout: 1s, retry: { initial: 50ms, max: 200ms } }]
actions:
  - { name: repair, token_file: token, match: { alertname: HeartbeatDown }, settle: 0s, cooldown: 0s, http: { url: "${repair.url}/{{target}}" } }
`;

  let number = 0;
  const next = (): string => String((number += 1));
  const promised: string[] = [];
  const post = async (
    { url }: ExporterProcess,
    route: string,
    { method = "POST", body }: { readonly method?: string; readonly body?: string } = {},
  ): Promise<{ readonly isDurable: boolean; readonly text: string }> => {
    const response = await fetch(`${url}${route}`, {
      method,
      headers: {
        Authorization: "Bearer the-token",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
    return { isDurable: response.headers.get("Durable") === "true", text };
  };
  const set = async (
    exporter: ExporterProcess,
    values: Readonly<Record<string, string>>,
    ...request: [route: string, options?: { readonly method: string; readonly body: string }]
  ): Promise<void> => {
    registers.sent(values);
    const { isDurable } = await post(exporter, ...request);
    if (isDurable) registers.durable(values);
  };

  let componentStatus = "healthy";
  let window: string | undefined;
  const commands: readonly [Command, ...Command[]] = [
    (exporter) => {
      const [target, mode] = [oneOf(TARGETS), oneOf(MODES)];
      return set(exporter, { [`forced ${target}`]: mode }, `/config/force/${mode}?target=${target}`);
    },
    (exporter) => {
      const job = oneOf(JOBS);
      const status = oneOf([0, 0, 1 + (Number(next()) % 255)]);
      const value = status === 0 ? "online null" : `offline ${status}`;
      return set(exporter, { [job]: value, [`running ${job}`]: "false" }, `/ping/${job}/${status}`);
    },
    (exporter) => {
      const job = oneOf(JOBS);
      return set(exporter, { [`running ${job}`]: "true" }, `/ping/${job}/start`);
    },
    (exporter) => {
      const [machine, hostname] = [oneOf(MACHINES), `host-${next()}`];
      return set(exporter, { [machine]: hostname }, `/ping/${machine}?hostname=${hostname}`);
    },
    async (exporter) => {
      componentStatus = componentStatus === "healthy" ? "unhealthy" : "healthy";
      const message = `report-${next()}`;
      const body = JSON.stringify({ status: componentStatus, message, ttl: "1h" });
      await set(exporter, { component: message }, "/api/v1/components/db", { method: "PUT", body });
      promised.push(`webhook ${message}`);
    },
    (exporter) => {
      const member = oneOf(["a", "b", "auto"]);
      return set(
        exporter,
        { route: member },
        `/route/chat/${member === "auto" ? "auto" : `force/${member}`}`,
      );
    },
    async (exporter) => {
      // Another one each time, since what changes often is told seldom.
      const part = `part-${next()}`;
      const { isDurable } = await post(exporter, `/api/v1/components/${part}`, {
        method: "PUT",
        body: JSON.stringify({ status: "unhealthy", ttl: "1h" }),
      });
      if (isDurable) promised.push(`notify ${part}`);
    },
    (exporter) => {
      // Another member than the forced ones: to exclude a forced member also ends the force.
      const verb = oneOf(["exclude", "include"]);
      return set(exporter, { excluded: String(verb === "exclude") }, `/route/chat/${verb}/c`);
    },
    async (exporter) => {
      if (window !== undefined) {
        const id = window;
        window = undefined;
        return set(exporter, { [`window ${id}`]: NONE }, `/api/v1/maintenance/${id}`, {
          method: "DELETE",
          body: "",
        });
      }
      const { text, isDurable } = await post(exporter, "/api/v1/maintenance?for=1h&heartbeat=job-0");
      const { id } = JSON.parse(text) as { id: string };
      if (isDurable) registers.durable({ [`window ${id}`]: "open" });
      window = id;
    },
    async (exporter) => {
      const subject = `alert-${next()}`;
      const labels = { alertname: "HeartbeatDown", heartbeat: subject };
      await post(exporter, "/alertmanager/relay/phone", {
        body: notification([{ labels, fingerprint: fingerprintOf(subject) }]),
      });
      promised.push(`relay ${subject}`);
    },
    async (exporter) => {
      const target = `target-${next()}`;
      const labels = { alertname: "HeartbeatDown", target };
      await post(exporter, "/alertmanager/actions/repair", {
        body: notification([{ labels, fingerprint: fingerprintOf(target) }]),
      });
    },
  ];

  const read: World["read"] = async (exporter) => {
    const [page, beats, components, route, maintenance] = await Promise.all([
      exporter.get("/metrics"),
      fetch(`${exporter.url}/heartbeats`).then(async (one) => (await one.json()) as Beat[]),
      exporter.json("/api/v1/components"),
      exporter.json("/route/chat"),
      exporter.json("/api/v1/maintenance"),
    ]);
    const values = new Map<string, string>();
    for (const target of TARGETS) values.set(`forced ${target}`, forceOf(page, target));
    for (const { name, status, exit_status: code, running_since: running, hostname } of beats) {
      if (name.startsWith("job")) {
        values.set(name, `${status} ${code}`);
        values.set(`running ${name}`, String(running !== null));
      } else if (name.startsWith("machine")) values.set(name, String(hostname));
    }
    for (const { name, message, reported_status: status } of components["components"] as ComponentReport[]) {
      if (name !== "db") continue;
      values.set("component", message);
      componentStatus = status;
    }
    const members = route["why"] as { target: string; excluded: boolean }[];
    values.set("route", route["forced"] === true ? String(route["use"]) : "auto");
    values.set("excluded", String(members.find(({ target }) => target === "c")?.excluded));
    const windows = (maintenance["manual"] as { id: string }[]).map(({ id }) => id);
    for (const id of windows) values.set(`window ${id}`, "open");
    if (window !== undefined && !windows.includes(window)) window = undefined;
    return values;
  };

  let tokens = Number.POSITIVE_INFINITY;
  let seen = 0;
  let isDead = false;
  const owned = resources.move();
  return {
    path,
    probed: () => probed,
    down,
    start: () => startExporter({ yaml, files: { token: "the-token", "kube.json": cluster.kubeconfig() } }),
    command: (exporter) => oneOf(commands)(exporter),
    confirm: async (exporter) => {
      await waitUntil("a durable answer", async () =>
        (await post(exporter, "/ping/confirm")).isDurable ? true : undefined,
      );
    },
    read,
    undelivered() {
      calm = true;
      const bodies = (receiver: Receiver): string =>
        Array.from(receiver.accepted.values(), ({ body }) => body).join("\n");
      const arrived: Readonly<Record<string, string>> = {
        webhook: bodies(hook),
        notify: bodies(people),
        relay: bodies(phone),
      };
      const missing = promised.filter((one) => {
        const [way = "", what = ""] = one.split(" ");
        return arrived[way]?.includes(`"${what}"`) !== true;
      });
      const repaired = repair.arrived.map((one) => one.path);
      const twice = repaired.filter((one, i) => repaired.indexOf(one) < i);
      return [...missing, ...twice.map((one) => `repeated action ${one}`)];
    },
    misjudged(page) {
      const problems: string[] = [];
      if (valueOf(page, "heartbeat_up", { heartbeat: "kcp/alive" }) === 0)
        problems.push("the lease that lives is down");
      const dead = valueOf(page, "heartbeat_up", { heartbeat: "kcp/dead" });
      if (dead === 1 && isDead) problems.push("the lease that is dead is up again");
      isDead ||= dead === 0;
      const left = valueOf(page, "heartbeat_llm_budget_remaining_tokens", { target: "gpt" });
      // A kill may lose the prompts of its last second, which are two, or three with one in flight.
      if (left === undefined || left > tokens + 30) problems.push(`the budget was ${tokens} and is ${left}`);
      tokens = left ?? tokens;
      const renewed =
        valueOf(page, "heartbeat_last_seen_timestamp_seconds", { heartbeat: "kcp/alive" }) ?? seen;
      if (renewed < seen - 2) problems.push(`the lease was last seen at ${seen} and is at ${renewed}`);
      seen = renewed;
      return problems;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface ComponentReport {
  readonly name: string;
  readonly message: string;
  readonly reported_status: string;
}

/** Returns a fingerprint of an alert. */
const fingerprintOf = (subject: string): string => Buffer.from(subject).toString("hex");

type Command = (exporter: ExporterProcess) => Promise<void>;

interface Beat {
  readonly name: string;
  readonly status: string;
  readonly exit_status?: number | null;
  readonly running_since?: string | null;
  readonly hostname?: string | null;
}

/** Returns the mode that a target is forced to, or `auto`. */
const forceOf = (text: string, target: string): string =>
  valueOf(text, "heartbeat_mode_forced", { target }) === 1
    ? (MODES.find((mode) => valueOf(text, "heartbeat_current_mode", { target, mode }) === 1) ?? "none")
    : "auto";
