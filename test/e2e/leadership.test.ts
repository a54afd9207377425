import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { followMode } from "../../src/client/index.ts";
import { answerChat } from "../helpers/chat-answer.ts";
import { type ExporterProcess, startExporter, terminate } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { type KubernetesServer, startKubernetes } from "../helpers/kubernetes.ts";
import { freePort, waitUntil } from "../helpers/process.ts";

// Two exporters, as in two pods, with one API server and a model whose server records who asked and when.

const DURATION = 3;
const RENEW = 1;

const now = (): number => performance.now() / 1000;

interface Prompt {
  readonly at: number;
  readonly from: string;
}

/** A model that answers at once, wrongly while `wrong`, and remembers by which key it was asked. */
async function startModel() {
  const prompts: Prompt[] = [];
  const behaviour = { wrong: false };
  const server = await serveHttp((request, response) => {
    request.resume();
    if (request.url?.endsWith("/chat/completions") === true) {
      prompts.push({ at: now(), from: request.headers.authorization?.replace("Bearer ", "") ?? "" });
    }
    answerChat(response, behaviour.wrong ? "NO" : "HEALTHY");
  });
  return { prompts, server, behaviour };
}

const replica = (
  api: KubernetesServer,
  host: string,
  name: "a" | "b",
  {
    lease = "",
    args = [],
    failover = "",
  }: { lease?: string; args?: readonly string[]; failover?: string } = {},
) =>
  startExporter({
    args,
    yaml: `
lease: { namespace: monitoring, identity: ${name}, duration: ${DURATION}s, renew_interval: ${RENEW}s, kubeconfig: kube.json${lease} }
modules:
  chat: { prober: llm, timeout: 2s, llm: { api: openai, stream: false, api_key_file: key, tiers: { health: { path: /health, interval: 200ms } } } }
  page: { prober: http, timeout: 1s }
targets:
  - { name: model, module: chat, target: "http://${host}/v1", model: m, interval: 2s, min_interval: 100ms, schedule: interval, failover: {${failover}} }
  - { name: asked, module: chat, target: "http://${host}/v1", model: asked, interval: 2s, min_interval: 0s }
  - { name: page, module: page, target: "http://${host}/page" }
routes: [{ name: chat, order: [model] }]
control: { token_file: token }
`,
    files: { "kube.json": api.kubeconfig({ token: `replica-${name}` }), key: name, token: "control" },
  });

const leads = async (exporter: ExporterProcess): Promise<boolean> =>
  valueOf(await exporter.get("/metrics?collect[]=exporter"), "heartbeat_exporter_leader") === 1;
const untilLeads = (exporter: ExporterProcess): Promise<true> =>
  waitUntil("a leader", async () => ((await leads(exporter)) ? true : undefined));

/** Groups prompts into turns of consecutive prompts by the same replica. */
function turns(prompts: readonly Prompt[]): { from: string; first: number; last: number }[] {
  const found: { from: string; first: number; last: number }[] = [];
  for (const { at, from } of prompts) {
    const current = found.at(-1);
    if (current !== undefined && current.from === from) current.last = at;
    else found.push({ from, first: at, last: at });
  }
  return found;
}

describe("two replicas", () => {
  it("only the leader prompts, whatever asks, and the other replica reports that it is skipped", async () => {
    await using api = await startKubernetes();
    const { prompts, server } = await startModel();
    await using _ = server;
    await using a = await replica(api, server.host, "a");
    await untilLeads(a);
    await using b = await replica(api, server.host, "b");
    await waitUntil("a follower that knows its leader", () =>
      /another replica leads.*leader=a/.test(b.process.output()) ? true : undefined,
    );
    expect(await leads(b)).toBe(false);

    // Skips scrapes, and probes by name, by address and by hand.
    for (const path of [
      "/metrics",
      "/probe?target=asked",
      "/probe?target=model",
      `/probe?module=chat&model=m&target=${encodeURIComponent(`http://${server.host}/v1`)}`,
    ]) {
      const text = await b.get(path);
      expect({ path, text }).toMatchObject({ text: expect.stringContaining("probe_skipped{") });
      expect(text).toMatch(/^probe_skipped\{.*reason="not_leader"\} 1$/m);
      expect(text).not.toMatch(/^probe_success(\{.*target="(model|asked)".*\})? /m);
    }
    const trigger = await fetch(`${b.url}/heartbeat/trigger?target=asked`, {
      method: "POST",
      headers: { Authorization: "Bearer control" },
    });
    expect(trigger.status).toBe(409);
    expect(await trigger.json()).toEqual({ error: "not_leader: a leads (lease heartbeat-exporter)" });
    expect(await b.json("/status?target=model")).toMatchObject({
      leader: false,
      status: "unknown",
      heartbeat: { skipped: "not_leader" },
    });
    const debug = await b.get("/probe?target=asked&debug=true");
    expect(debug).toContain("probes are skipped (not_leader): a leads");
    const metrics = await b.get("/metrics");
    // Probes that cost nothing go on in every replica; unknown states have no series.
    expect(valueOf(metrics, "probe_success", { target: "page" })).toBe(1);
    expect(metrics).not.toMatch(/^heartbeat_(target_status|current_mode|target_healthy)\{.*target="model"/m);
    expect(valueOf(metrics, "heartbeat_interval_seconds", { target: "model" })).toBe(2);
    expect(await (await fetch(`${b.url}/-/ready`)).text()).toBe("Ready\n");

    expect(await a.json("/status?target=model")).toMatchObject({ leader: true });
    expect(valueOf(await a.get("/probe?target=asked"), "probe_success")).toBe(1);
    expect(new Set(prompts.map(({ from }) => from))).toEqual(new Set(["a"]));
    expect(new Set(api.writes.map(({ holder }) => holder))).toEqual(new Set(["a"]));
  });

  it("the leader alone chooses for routes; the other answers as stale, and chooses when it leads", async () => {
    await using api = await startKubernetes();
    const { server } = await startModel();
    await using _ = server;
    await using a = await replica(api, server.host, "a");
    await untilLeads(a);
    const route = (exporter: ExporterProcess) => exporter.json("/route/chat");
    const untilChosen = (exporter: ExporterProcess) =>
      waitUntil("a choice", async () => ((await route(exporter))["use"] === "model" ? true : undefined));
    await untilChosen(a);
    expect(await route(a)).toMatchObject({ leader: true, stale: false, exhausted: false });
    await using b = await replica(api, server.host, "b");
    await waitUntil("a follower that knows its leader", () =>
      /another replica leads.*leader=a/.test(b.process.output()) ? true : undefined,
    );
    expect(await route(b)).toMatchObject({ use: null, leader: false, stale: true });
    expect((await fetch(`${b.url}/route/chat/ready?target=model`)).status).toBe(503);
    a.process.kill("SIGKILL");
    await untilLeads(b);
    await untilChosen(b);
    expect(await route(b)).toMatchObject({ leader: true, stale: false });
  });

  it("the other takes over after a kill: not before the lease expires, and at most a renewal interval later", async () => {
    await using api = await startKubernetes();
    const { prompts, server } = await startModel();
    await using _ = server;
    await using a = await replica(api, server.host, "a");
    await untilLeads(a);
    await using b = await replica(api, server.host, "b");
    await pause(1500);
    a.process.kill("SIGKILL");
    const killed = now();
    await untilLeads(b);
    const [last, taken] = api.writes.flatMap((write, i) =>
      write.holder === "b" && api.writes[i - 1]?.holder === "a" ? [api.writes[i - 1], write] : [],
    );
    if (last === undefined || taken === undefined) throw new Error("no takeover");
    expect(taken.at - last.at).toBeGreaterThanOrEqual(DURATION);
    expect(taken.at - killed).toBeLessThan(DURATION + RENEW + 0.5);
    expect(taken.spec).toMatchObject({ leaseTransitions: 1, leaseDurationSeconds: DURATION });
    await waitUntil("a prompt of the new leader", () => prompts.find(({ from }) => from === "b"));
    expect(turns(prompts).map(({ from }) => from)).toEqual(["a", "b"]);
  });

  it("the other takes over at once when the leader shuts down", async () => {
    await using api = await startKubernetes();
    const { prompts, server } = await startModel();
    await using _ = server;
    await using a = await replica(api, server.host, "a");
    await untilLeads(a);
    await using b = await replica(api, server.host, "b");
    await waitUntil("a follower", () =>
      /another replica leads/.test(b.process.output()) ? true : undefined,
    );
    const { exit, took } = await terminate(a);
    expect(exit.code).toBe(0);
    expect(took).toBeLessThan(4);
    const ended = now();
    await untilLeads(b);
    expect(now() - ended).toBeLessThan(RENEW + 0.7);
    const released = api.writes.find(({ holder }) => holder === "");
    expect(released?.spec).toMatchObject({
      holderIdentity: "",
      leaseDurationSeconds: 1,
      leaseTransitions: 0,
    });
    expect(api.writes.at(-1)).toMatchObject({ holder: "b", spec: { leaseTransitions: 1 } });
    await waitUntil("a prompt of the new leader", () => prompts.find(({ from }) => from === "b"));
    expect(turns(prompts).map(({ from }) => from)).toEqual(["a", "b"]);
  });

  it("a leader that loses the API stops before the other begins, and stays a follower", async () => {
    await using api = await startKubernetes();
    const { prompts, server } = await startModel();
    await using _ = server;
    await using a = await replica(api, server.host, "a");
    await untilLeads(a);
    await using b = await replica(api, server.host, "b");
    // Both are scraped all the time, so that each prompts whenever it may.
    const asking = new AbortController();
    const scrape = async (exporter: ExporterProcess): Promise<void> => {
      while (!asking.signal.aborted) await exporter.get("/probe?target=asked").catch(() => {});
    };
    const scrapes = Promise.all([scrape(a), scrape(b)]);
    await pause(1500);
    api.treat("replica-a", "hang");
    await untilLeads(b);
    await waitUntil("a prompt of the new leader", () => prompts.find(({ from }) => from === "b"));
    expect(await leads(a)).toBe(false);
    const [first, second, ...more] = turns(prompts);
    expect([first?.from, second?.from, more]).toEqual(["a", "b", []]);
    // The exporter leaves a third of the duration between the two turns.
    expect((second?.first ?? 0) - (first?.last ?? 0)).toBeGreaterThan(DURATION / 3 - 0.3);
    expect(a.process.output()).toMatch(/the lease cannot be held: a call failed/);
    expect(a.process.output()).toMatch(/this replica no longer leads/);

    api.treat("replica-a", "serve");
    await waitUntil("the API again", () =>
      /calls for the lease succeed again/.test(a.process.output()) ? true : undefined,
    );
    await pause(1000);
    expect(await leads(a)).toBe(false);
    expect(turns(prompts)).toHaveLength(2);
    asking.abort();
    await scrapes;
  });
});

it("one replica does not prompt before it holds the lease", async () => {
  await using api = await startKubernetes();
  api.treat("replica-a", "refuse");
  const { prompts, server } = await startModel();
  await using _ = server;
  await using a = await replica(api, server.host, "a");
  await waitUntil("a call", () => (/a call failed/.test(a.process.output()) ? true : undefined));
  expect(await a.get("/probe?target=asked")).toMatch(/^probe_skipped\{reason="not_leader"\} 1$/m);
  expect(prompts).toEqual([]);
  api.treat("replica-a", "serve");
  await untilLeads(a);
  await waitUntil("a prompt", () => prompts[0]);
});

/** What one replica answers about the mode, however it is asked. */
async function answersOf(
  url: string,
): Promise<readonly { route: string; stale: boolean; mode: unknown; leader: unknown }[]> {
  const read = async (path: string) => {
    const response = await fetch(`${url}${path}?target=model`, { signal: AbortSignal.timeout(2000) });
    return { response, body: (await response.json()) as Record<string, unknown> };
  };
  const mode = await read("/config/mode");
  const status = await read("/status");
  const health = await read("/health");
  const inStatus = status.body["config"] as Record<string, unknown>;
  return [
    {
      route: "/config/mode",
      stale: mode.body["stale"] === true,
      mode: mode.body["current_mode"],
      leader: mode.body["leader"],
    },
    {
      route: "/status",
      stale: status.body["stale"] === true,
      mode: inStatus["current_mode"],
      leader: status.body["leader"],
    },
    {
      route: "/health",
      stale: health.response.status !== 200,
      mode: health.body["mode"],
      leader: health.body["leader"],
    },
  ];
}

describe("a new leader", () => {
  const modeOf = ({ url }: ExporterProcess) =>
    fetch(`${url}/config/mode?target=model`).then(
      (response) => response.json() as Promise<Record<string, unknown>>,
    );
  const untilMode = (exporter: ExporterProcess, mode: string) =>
    waitUntil(mode, async () => ((await modeOf(exporter))["current_mode"] === mode ? true : undefined));

  it("begins in the mode of the last one, which the other replicas told before", async () => {
    await using api = await startKubernetes();
    const { server, behaviour } = await startModel();
    await using _ = server;
    await using a = await replica(api, server.host, "a");
    await untilLeads(a);
    await using b = await replica(api, server.host, "b");
    behaviour.wrong = true;
    await untilMode(a, "fallback");
    await untilMode(b, "fallback");
    const before = await modeOf(a);
    expect(await modeOf(b)).toMatchObject({ stale: true, leader: false, mode_since: before["mode_since"] });
    a.process.kill("SIGKILL");
    const modes = new Set<unknown>();
    await waitUntil("a leader", async () => {
      modes.add((await modeOf(b))["current_mode"]);
      return (await leads(b)) ? true : undefined;
    });
    await waitUntil("a probe of the new leader", async () => {
      const mode = await modeOf(b);
      modes.add(mode["current_mode"]);
      return mode["stale"] === false ? true : undefined;
    });
    expect(modes).toEqual(new Set(["fallback"]));
    expect(await modeOf(b)).toMatchObject({ mode_since: before["mode_since"] });
  });

  it("knows nothing of what it knew as an earlier leader, and warns of nothing in between", async () => {
    await using api = await startKubernetes();
    const { server, behaviour } = await startModel();
    await using _ = server;
    const options = { failover: "max_duration: 12s" };
    await using a = await replica(api, server.host, "a", options);
    await untilLeads(a);
    await using b = await replica(api, server.host, "b", options);
    behaviour.wrong = true;
    await untilMode(a, "fallback");
    const fallback = now();
    api.treat("replica-a", "hang");
    behaviour.wrong = false;
    await untilLeads(b);
    await untilMode(b, "primary");
    const recovered = await modeOf(b);
    await pause(Math.max(0, fallback + 13 - now()) * 1000);
    expect(a.process.output()).not.toMatch(/longer than/);
    api.treat("replica-a", "serve");
    await untilMode(a, "primary");
    b.process.kill("SIGKILL");
    await untilLeads(a);
    expect(await modeOf(a)).toMatchObject({ current_mode: "primary", mode_since: recovered["mode_since"] });
  });
});

describe("the webhooks of two replicas", () => {
  /** Starts two replicas that probe a page, and a receiver that keeps who sent which event. */
  async function startPair(deliver: "leader" | "all") {
    await using resources = new AsyncDisposableStack();
    const api = resources.use(await startKubernetes());
    const page = { status: 200 };
    const pages = resources.use(
      await serveHttp((request, response) => {
        request.resume();
        response.writeHead(page.status).end();
      }),
    );
    const events: string[] = [];
    const receiver = resources.use(
      await serveHttp((request, response) => {
        request.resume();
        events.push(String(request.headers["x-replica"]));
        response.end();
      }),
    );
    const start = async (name: "a" | "b") =>
      resources.use(
        await startExporter({
          yaml: `
lease: { namespace: monitoring, identity: ${name}, duration: ${DURATION}s, renew_interval: ${RENEW}s, kubeconfig: kube.json, deliver: ${deliver} }
modules: { page: { prober: http, timeout: 1s } }
targets: [{ name: page, module: page, target: "http://${pages.host}/", interval: 1s, schedule: interval, failure_threshold: 1, healthy_threshold: 1 }]
webhooks: [{ name: app, url: "http://${receiver.host}/", events: [health], headers: { X-Replica: ${name} } }]
`,
          files: { "kube.json": api.kubeconfig({ token: `replica-${name}` }) },
        }),
      );
    const a = await start("a");
    await untilLeads(a);
    const b = await start("b");
    const isHealthy = (healthy: 0 | 1) => async (exporter: ExporterProcess) =>
      waitUntil("the status", async () =>
        valueOf(await exporter.get("/metrics"), "heartbeat_target_healthy", { target: "page" }) === healthy
          ? true
          : undefined,
      );
    const owned = resources.move();
    return {
      a,
      b,
      page,
      events,
      untilHealthy: () => Promise.all([a, b].map(isHealthy(1))),
      untilUnhealthy: (replicas = [a, b]) => Promise.all(replicas.map(isHealthy(0))),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  }

  it("are sent by the leader alone, and by the next one if the leader dies before it could", async () => {
    await using pair = await startPair("leader");
    const { a, b, page, events } = pair;
    await pair.untilHealthy();
    page.status = 503;
    await pair.untilUnhealthy();
    await waitUntil("an event", () => events[0]);
    await pause(1000);
    expect(new Set(events)).toEqual(new Set(["a"]));
    page.status = 200;
    await pair.untilHealthy();
    await pause(1000);
    const before = events.length;
    a.process.kill("SIGKILL");
    page.status = 503;
    await pair.untilUnhealthy([b]);
    expect(events.slice(before)).toEqual([]);
    await untilLeads(b);
    expect(await waitUntil("the event", () => events.slice(before).at(-1))).toBe("b");
  });

  it("are sent by each if the configuration says so", async () => {
    await using pair = await startPair("all");
    await pair.untilHealthy();
    pair.page.status = 503;
    await pair.untilUnhealthy();
    await waitUntil("both", () => (new Set(pair.events).size === 2 ? true : undefined));
    expect(new Set(pair.events)).toEqual(new Set(["a", "b"]));
  });
});

describe("the answers of two replicas", () => {
  it.each([{ advertised: false }, { advertised: true }])(
    "never say primary unstale while the leader is in fallback (advertise_url: $advertised)",
    async ({ advertised }) => {
      await using api = await startKubernetes();
      const { server, behaviour } = await startModel();
      await using _ = server;
      const [portA, portB] = [await freePort(), await freePort()];
      const options = (port: number) => ({
        args: [`--web.listen-address=127.0.0.1:${port}`],
        ...(advertised ? { lease: `, advertise_url: "http://127.0.0.1:${port}"` } : {}),
      });
      await using a = await replica(api, server.host, "a", options(portA));
      await untilLeads(a);
      await using b = await replica(api, server.host, "b", options(portB));
      const modeAt = async ({ url }: ExporterProcess) =>
        (await (await fetch(`${url}/config/mode?target=model`)).json()) as Record<string, unknown>;
      await waitUntil("primary", async () => ((await modeAt(a))["stale"] === false ? true : undefined));
      behaviour.wrong = true;
      await waitUntil("fallback", async () =>
        (await modeAt(a))["current_mode"] === "fallback" ? true : undefined,
      );
      const follower = await answersOf(b.url);
      expect(follower.filter(({ stale, mode }) => !stale && mode === "primary")).toEqual([]);
      const probe = await b.get("/probe?target=model");
      if (advertised) {
        expect(follower[0]).toMatchObject({ stale: false, mode: "fallback", leader: true });
        expect(valueOf(probe, "probe_success")).toBe(0);
      } else {
        expect(follower[0]).toMatchObject({ stale: true, leader: false });
        expect(valueOf(probe, "probe_success")).toBeUndefined();
      }
      expect((await fetch(`${b.url}/readyz?leader`)).status).toBe(503);
      expect((await fetch(`${a.url}/readyz?leader`)).status).toBe(200);
      expect((await fetch(`${b.url}/readyz`)).status).toBe(200);

      // The client at the follower, by its stream, sees what the leader says, or that nothing is known.
      using client = followMode(b.url, { target: "model" });
      await waitUntil("the client's report", () => {
        const { stale, mode } = client.current();
        return advertised ? (mode === "fallback" && !stale ? true : undefined) : stale ? true : undefined;
      });

      await waitUntil("the knowledge of the leader", () =>
        /fallback/.test(JSON.stringify(api.get("monitoring/heartbeat-exporter")?.metadata))
          ? true
          : undefined,
      );
      // The leader dies: until the other leads, and has seen the model, nothing says primary unstale.
      a.process.kill("SIGKILL");
      const seen: string[] = [];
      await waitUntil("fallback of the new leader", async () => {
        const answers = await answersOf(b.url).catch(() => []);
        seen.push(
          ...answers.filter(({ stale, mode }) => !stale && mode === "primary").map(({ route }) => route),
        );
        const { stale, mode } = client.current();
        if (!stale && mode === "primary") seen.push("client");
        return answers[0]?.mode === "fallback" && answers[0].leader === true ? true : undefined;
      });
      expect(seen).toEqual([]);
    },
  );
});
