import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import { startExporter } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { freePort, waitUntil } from "../helpers/process.ts";
import { startPrometheus } from "../helpers/prometheus.ts";
import { readMail } from "../helpers/receivers.ts";
import { type LiveAlertmanager, startLiveAlertmanager } from "./live-alertmanager.ts";
import { scaledRules } from "./scaled-rules.ts";

/** Shortens the durations of the rules: two minutes become four seconds. */
const FACTOR = 30;

const SERVICES = Array.from({ length: 17 }, (_, i) => `service-${String(i + 1).padStart(2, "0")}`);

/** Most messages about one outage that one channel gets, and about its end. */
const MOST_MESSAGES = 3;

const prometheusYaml = (exporter: string, alertmanager: string): string => `
global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: ["*.rules.yml"]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["${new URL(alertmanager).host}"] }] }] }
scrape_configs: [{ job_name: heartbeat, static_configs: [{ targets: ["${new URL(exporter).host}"] }] }]
`;

const target = (name: string, address: string, more = ""): string =>
  `  - { name: ${name}, module: page, target: "${address}", schedule: interval, interval: 1s, failure_threshold: 2, healthy_threshold: 1${more} }`;

/** Listens on a port, which a host that has come back does again. */
async function serveAt(port: number, handle: RequestListener): Promise<AsyncDisposable> {
  const server = createServer(handle).listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The messages of one channel: their texts, in order. */
type Channels = Readonly<Record<string, readonly string[]>>;

/** Returns what each channel has got, besides the watchdog's. */
function channelsOf({ requests, mails }: LiveAlertmanager): Channels {
  const channels: Record<string, string[]> = {};
  for (const { path, body } of requests) {
    const channel = /^\/(?!dead)([a-z-]+)/.exec(path)?.[1];
    if (channel === undefined) continue;
    const parsed = JSON.parse(body) as { text?: string; attachments?: { title: string; text: string }[] };
    const text =
      parsed.text ?? parsed.attachments?.map((one) => `${one.title}\n${one.text}`).join("") ?? body;
    (channels[channel] ??= []).push(text);
  }
  for (const mail of mails) {
    const { subject, parts } = readMail(mail);
    (channels[`mail to ${mail.to.join()}`] ??= []).push(`${subject}\n\n${parts["text/plain"] ?? ""}`);
  }
  return channels;
}

/** Starts the exporter, Prometheus with the shipped rules, and Alertmanager with the shipped routes. */
async function startStack(targets: string) {
  await using resources = new AsyncDisposableStack();
  const yaml = `modules: { page: { prober: http, timeout: 900ms } }\n${targets}`;
  const exporter = resources.use(await startExporter({ yaml }));
  const live = resources.use(
    await startLiveAlertmanager("alertmanager.yml", "newest", undefined, {
      groupWait: "3s",
      groupInterval: "5s",
    }),
  );
  const config = prometheusYaml(exporter.url, live.alertmanager.url);
  const prometheus = resources.use(
    await startPrometheus({
      version: "newest",
      config,
      files: scaledRules(FACTOR),
      args: ["--rules.alert.resend-delay=2s"],
    }),
  );
  const owned = resources.move();
  const firing = (query: string) => prometheus.query(`ALERTS{alertstate="firing",alertname=~"${query}"}`);
  return {
    exporter,
    prometheus,
    live,
    async statuses(): Promise<ReadonlyMap<string, string>> {
      const { targets: list } = (await exporter.json("/api/v1/targets")) as {
        targets: { name: string; status: string }[];
      };
      return new Map(list.map(({ name, status }) => [name, status]));
    },
    firing,
    /** Waits until what was due has been sent: some intervals of the groups, told by the watchdog that repeats. */
    async settle() {
      const watchdogs = () => live.requests.filter(({ path }) => path.startsWith("/dead")).length;
      const before = watchdogs();
      await waitUntil("the watchdog", () => watchdogs() >= before + 3 || undefined);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Expects few messages on each channel, in which every one of `names` occurs. */
function expectFew(channels: Channels, names: readonly string[]): void {
  expect(Object.keys(channels).toSorted()).toEqual([
    "mail to devops@localhost",
    "pagerduty",
    "relay-of-services",
    "slack",
    "telegram",
  ]);
  for (const [channel, texts] of Object.entries(channels)) {
    expect({ channel, few: texts.length <= MOST_MESSAGES ? true : texts }).toEqual({ channel, few: true });
    // PagerDuty gets one line, which counts them.
    if (channel === "pagerduty") continue;
    expect({ channel, missing: names.filter((name) => !texts.some((text) => text.includes(name))) }).toEqual({
      channel,
      missing: [],
    });
  }
}

/** Shows what arrived, for people who read the output of the test. */
const show = (title: string, channels: Channels): void => {
  if (process.env["SHOW_MESSAGES"] === undefined) return;
  for (const [channel, texts] of Object.entries(channels)) {
    process.stdout.write(`\n=== ${title}, ${channel}: ${texts.length}\n${texts.join("\n---\n")}\n`);
  }
};

const since = (before: Channels, now: Channels): Channels =>
  Object.fromEntries(
    Object.entries(now).map(([name, texts]) => [name, texts.slice(before[name]?.length ?? 0)]),
  );

describe("an outage of seventeen services", () => {
  it("on one dead host is told in few messages that name all of them, and so is its end", async () => {
    const port = await freePort();
    const start = () => serveAt(port, (_request, response) => void response.end("fine"));
    await using resources = new AsyncDisposableStack();
    const first = await start();
    const names = SERVICES.map((name) => target(name, `http://127.0.0.1:${port}/${name}`)).join("\n");
    const stack = resources.use(await startStack(`targets:\n${names}\n`));
    await waitUntil(
      "all healthy",
      async () => [...(await stack.statuses()).values()].every((status) => status === "healthy") || undefined,
    );
    await first[Symbol.asyncDispose]();
    await waitUntil(
      "17 alerts",
      async () => (await stack.firing("HeartbeatTargetDown")).length === 17 || undefined,
    );
    await stack.settle();
    const outage = channelsOf(stack.live);
    show("one dead host", outage);
    expectFew(outage, SERVICES);
    resources.use(await start());
    await waitUntil(
      "no alerts",
      async () => (await stack.firing("HeartbeatTargetDown")).length === 0 || undefined,
    );
    await stack.settle();
    await stack.settle();
    const end = since(outage, channelsOf(stack.live));
    show("its end", end);
    expectFew(end, SERVICES);
    expect(new Set((await stack.statuses()).values())).toEqual(new Set(["healthy"]));
  });

  it("behind one dead dependency is told as an outage of the dependency alone, and one that stays down is told once", async () => {
    const port = await freePort();
    const start = () =>
      serveAt(
        port,
        (request, response) => void response.writeHead(broken.has(request.url ?? "") ? 500 : 200).end(),
      );
    const broken = new Set<string>();
    await using resources = new AsyncDisposableStack();
    const first = await start();
    const members = SERVICES.map((name) =>
      target(name, `http://127.0.0.1:${port}/${name}`, ", depends_on: [gateway], failover: true"),
    );
    const gateway = target("gateway", `http://localhost:${port}/gateway`);
    const stack = resources.use(await startStack(`targets:\n${[gateway, ...members].join("\n")}\n`));
    await waitUntil(
      "all healthy",
      async () => [...(await stack.statuses()).values()].every((status) => status === "healthy") || undefined,
    );
    await first[Symbol.asyncDispose]();
    await waitUntil(
      "the alert of the gateway",
      async () => (await stack.firing("HeartbeatTargetDown")).length > 0 || undefined,
    );
    await stack.settle();
    const outage = channelsOf(stack.live);
    show("one dead dependency", outage);
    expectFew(outage, ["gateway"]);
    const text = Object.values(outage).flat().join("\n");
    expect(text).not.toMatch(/HeartbeatTargetDown: service|HeartbeatCriticalTargetDown/);
    const metrics = await stack.exporter.get("/metrics");
    expect(metrics.match(/^heartbeat_dependency_down\{.*depends_on="gateway"\} 1$/gm)).toHaveLength(17);
    expect(metrics).toContain('heartbeat_current_mode{target="service-01",module="page",mode="fallback"} 1');
    broken.add("/service-07");
    resources.use(await start());
    await waitUntil("the alert of the one that stays down", async () => {
      const firing = await stack.firing("HeartbeatTargetDown");
      return firing.some(({ metric }) => metric["target"] === "service-07") || undefined;
    });
    await stack.settle();
    const end = since(outage, channelsOf(stack.live));
    show("the end, with one that stays down", end);
    const about = (channel: string) =>
      (end[channel] ?? []).filter((one) => one.includes("HeartbeatTargetDown: service-07"));
    expect(about("telegram")).toHaveLength(1);
    expect(Object.values(end).flat().join("\n")).not.toMatch(/HeartbeatTargetDown: service-0[1-689]/);
  });
});

/** Most messages about one thing that keeps failing and recovering for an hour. */
const MOST_OF_FLAPPING = 6;

describe("a target that fails and recovers for an hour", () => {
  it("is told in few messages, the last of which is true", async () => {
    let isDown = false;
    await using server = await serveHttp((_request, response) => {
      response.writeHead(isDown ? 503 : 200).end();
    });
    await using stack = await startStack(`targets:\n${target("shop", `http://${server.host}/`)}\n`);
    const status = async () => (await stack.statuses()).get("shop");
    const becomes = (wanted: string) =>
      waitUntil(`shop to be ${wanted}`, async () => (await status()) === wanted || undefined);
    await becomes("healthy");
    const begin = performance.now();
    // Each time for longer than the alert needs to fire.
    while (performance.now() - begin < 3_600_000 / FACTOR) {
      isDown = true;
      await becomes("unhealthy");
      await waitUntil(
        "the alert",
        async () => (await stack.firing("HeartbeatTargetDown")).length > 0 || undefined,
      );
      isDown = false;
      await becomes("healthy");
    }
    await waitUntil(
      "the end of the alert",
      async () =>
        (await stack.firing("HeartbeatTargetDown|HeartbeatConsecutiveFailures")).length === 0 || undefined,
    );
    await stack.settle();
    const channels = channelsOf(stack.live);
    show("an hour of flapping", channels);
    for (const [channel, texts] of Object.entries(channels)) {
      expect({ channel, few: texts.length <= MOST_OF_FLAPPING ? true : texts }).toEqual({
        channel,
        few: true,
      });
    }
    const about = (channel: string) =>
      (channels[channel] ?? []).filter((text) => text.includes("TargetDown"));
    expect(about("telegram").at(-1)).toMatch(/🟢|resolved/i);
  });
});

describe("an outage of the exporter's own network", () => {
  it("is told as that, and not as an outage of every target", async () => {
    const hosts = SERVICES.map((name) => target(name, `http://${name}.invalid/`)).join("\n");
    await using stack = await startStack(`targets:\n${hosts}\n`);
    await waitUntil(
      "the alert",
      async () => (await stack.firing("HeartbeatExporterNetworkDown")).length > 0 || undefined,
    );
    await waitUntil(
      "the other alerts",
      async () => (await stack.firing("HeartbeatTargetDown")).length === 17 || undefined,
    );
    await stack.settle();
    const channels = channelsOf(stack.live);
    show("the exporter's network", channels);
    for (const [channel, texts] of Object.entries(channels))
      expect([channel, texts.length]).toEqual([channel, 1]);
    const texts = Object.values(channels).flat().join("\n");
    expect(texts).toContain("its own network or name resolution may be at fault");
    expect(texts).not.toContain("HeartbeatTargetDown");
  });
});

describe("escalation", () => {
  it("tells a second person of what is still critical after the time of the route, and of nothing that ended before", async () => {
    await using live = await startLiveAlertmanager("alertmanager.yml", "newest", undefined, {
      escalateAfter: "6s",
    });
    const startsAt = new Date().toISOString();
    const alert = (name: string) => ({
      labels: {
        alertname: "HeartbeatTargetDown",
        severity: "critical",
        job: "heartbeat",
        instance: "exporter",
        host: name,
        target: name,
      },
      annotations: {
        summary: "A target is down.",
        description: `${name} is unhealthy.`,
        runbook_url: "http://exporter/runbooks/x",
      },
      startsAt,
    });
    await live.alertmanager.post([alert("short"), alert("long")]);
    const mailsTo = (to: string) =>
      live.mails.filter((mail) => mail.to.includes(to)).map((mail) => readMail(mail).subject);
    await waitUntil("both mails to devops", () => mailsTo("devops@localhost").length >= 2 || undefined);
    expect(mailsTo("on-call-2@localhost")).toEqual([]);
    await live.alertmanager.post([{ ...alert("short"), endsAt: new Date().toISOString() }]);
    await waitUntil("the escalation", () => mailsTo("on-call-2@localhost")[0]);
    expect(mailsTo("on-call-2@localhost")).toEqual(["🔴 HeartbeatTargetDown: long"]);
    const chats = live.requests.filter(
      ({ path, body }) => path.startsWith("/telegram") && body.includes("-1003"),
    );
    expect(chats).toHaveLength(1);
    await live.alertmanager.post([{ ...alert("long"), endsAt: new Date().toISOString() }]);
    await waitUntil("its end", () => mailsTo("on-call-2@localhost")[1]);
    expect(mailsTo("on-call-2@localhost")).toEqual([
      "🔴 HeartbeatTargetDown: long",
      "🟢 resolved: HeartbeatTargetDown: long",
    ]);
  });
});
