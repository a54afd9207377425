import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMemory } from "../../src/core/memory.ts";
import { failed, type Outcome, type Prober, succeeded } from "../../src/core/prober.ts";
import { seconds } from "../../src/core/units.ts";
import { type ManualClock, manualClock } from "../helpers/clock.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { waitUntil } from "../helpers/process.ts";

const TOKEN = "control-token-of-the-test";

/** The outcome of the next probe of each address. */
let outcomes: Record<string, Outcome>;
const model: Prober = {
  kind: "model",
  metrics: [],
  reasons: ["overloaded", "rate_limited"],
  schema: { type: "object" },
  costly: true,
  compile: (options) => options,
  probe: async ({ address }) => {
    const outcome = outcomes[address] ?? succeeded;
    return { outcome, answered: outcome.ok, samples: [] };
  },
};

const YAML = `
control: { token_file: token }
modules: { model: { prober: model, timeout: 10s } }
targets:
  - { name: openai, module: model, target: "http://user:hunter2@openai.example", model: gpt, failure_threshold: 2, failover: {} }
  - { name: ollama, module: model, target: "http://ollama.example", failure_threshold: 2, failover: {} }
groups:
  - { name: backup, members: [ollama] }
routes:
  - { name: chat, order: [openai, ollama], prefer_back_after: 2m, exclude_reasons: [rate_limited], labels: { team: ai } }
  - { name: careful, order: [backup], when_none: none }
`;

let clock: ManualClock;
let exporter: LocalExporter;
const memory = () => createMemory();
beforeEach(async () => {
  clock = manualClock();
  outcomes = {};
  exporter = await startLocalExporter({
    yaml: YAML,
    probers: [model],
    files: { token: TOKEN },
    clock,
    memory: memory(),
  });
  await pass(11);
});
afterEach(() => exporter[Symbol.asyncDispose]());

/** Lets seconds pass, each with the probes that are due in it. */
async function pass(time: number): Promise<void> {
  for (let i = 0; i < time; i += 1) {
    clock.advance(seconds(1));
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const down = (address: string, reason: "overloaded" | "rate_limited" = "overloaded"): void => {
  outcomes[address] = failed(reason, "busy");
};
const OPENAI = "http://user:hunter2@openai.example";
const OLLAMA = "http://ollama.example";

const get = async (path: string, init?: RequestInit) => {
  const response = await fetch(`${exporter.url}${path}`, init);
  const text = await response.text();
  const isJson = response.headers.get("Content-Type")?.includes("json") === true;
  const body: unknown = isJson ? JSON.parse(text) : text;
  return { status: response.status, etag: response.headers.get("ETag"), body };
};
const post = (path: string) => get(path, { method: "POST", headers: { Authorization: `Bearer ${TOKEN}` } });

describe("GET /route/{name}", () => {
  it("returns the member to use, why, and what comes next", async () => {
    expect(await get("/route/chat")).toMatchObject({
      status: 200,
      body: {
        route: "chat",
        use: "openai",
        address: "http://<secret>@openai.example",
        model: "gpt",
        since: "2025-09-15T13:30:01Z",
        forced: false,
        forced_until: null,
        exhausted: false,
        stale: false,
        why: [
          {
            target: "openai",
            usable: true,
            status: "healthy",
            mode: "primary",
            reason: null,
            excluded: false,
          },
          { target: "ollama", usable: true, status: "healthy", mode: "primary", reason: null },
        ],
        policy: {
          order: ["openai", "ollama"],
          when_none: "last",
          prefer_back_after: "2m0s",
          min_dwell: "10s",
          skip_degraded: false,
          exclude_reasons: ["rate_limited"],
          max_cost: null,
        },
        next: "ollama",
      },
    });
  });

  it("leaves a member in fallback, says why, and returns to it after prefer_back_after", async () => {
    down(OPENAI);
    await pass(60);
    expect(await get("/route/chat")).toMatchObject({
      body: {
        use: "ollama",
        next: null,
        why: [{ target: "openai", usable: false, mode: "fallback", reason: "overloaded" }, {}],
      },
    });
    outcomes = {};
    await pass(60);
    expect(await get("/route/chat")).toMatchObject({ body: { use: "ollama", next: "openai" } });
    await pass(125);
    expect(await get("/route/chat")).toMatchObject({ body: { use: "openai" } });
    expect((await get("/api/v1/events?format=json&type=route.changed")).body).toMatchObject({
      events: [
        { type: "route.changed", route: "chat", to: "openai", cause: "start" },
        { route: "careful", to: "backup", cause: "start" },
        { route: "chat", from: "openai", to: "ollama", cause: "unusable", detail: "openai: overloaded" },
        { route: "chat", from: "ollama", to: "openai", cause: "preferred" },
      ],
    });
  });

  it("leaves a member at its first failure for one of exclude_reasons", async () => {
    down(OPENAI, "rate_limited");
    await pass(30);
    expect(await get("/route/chat")).toMatchObject({
      body: { use: "ollama", why: [{ usable: false, mode: "primary", reason: "rate_limited" }, {}] },
    });
  });

  it("says that no member is usable, and follows when_none", async () => {
    down(OPENAI);
    down(OLLAMA);
    await pass(90);
    expect(await get("/route/chat")).toMatchObject({ body: { use: "ollama", exhausted: true } });
    expect(await get("/route/careful")).toMatchObject({
      body: { use: null, address: null, exhausted: true },
    });
    expect(await get("/route/careful?format=text")).toMatchObject({
      status: 503,
      body: "no member is usable\n",
    });
    const metrics = await (await fetch(`${exporter.url}/metrics`)).text();
    expect(metrics).toContain('heartbeat_route_exhausted{route="careful"} 1');
    expect(exporter.logged).toContainEqual({
      level: "warn",
      message: "route has no usable member",
      fields: { route: "careful" },
    });
  });

  it("answers as text and for a shell", async () => {
    expect(await get("/route/chat?format=text")).toMatchObject({ status: 200, body: "openai\n" });
    expect((await get("/route/chat?format=env")).body).toBe(
      "ROUTE='chat'\nROUTE_USE='openai'\nROUTE_ADDRESS='http://<secret>@openai.example'\nROUTE_MODEL='gpt'\nROUTE_FORCED='false'\nROUTE_STALE='false'\n",
    );
    expect(await get("/route/chat?format=xml")).toMatchObject({
      status: 400,
      body: { error: 'format: got "xml", want json, text or env' },
    });
  });

  it("answers 304 while the choice is the same", async () => {
    const { etag } = await get("/route/chat");
    const conditional = { headers: { "If-None-Match": etag ?? "" } };
    expect(await get("/route/chat", conditional)).toMatchObject({ status: 304 });
    down(OPENAI);
    await pass(60);
    expect(await get("/route/chat", conditional)).toMatchObject({ status: 200, body: { use: "ollama" } });
  });

  it("waits for a change of the choice", async () => {
    const { etag } = await get("/route/chat");
    const timers = clock.timers();
    const waiting = get(`/route/chat?wait=50s&etag=${etag?.slice(1, -1)}`);
    await waitUntil("the request to wait", () => clock.timers() > timers || undefined);
    await post("/route/chat/force/ollama");
    expect(await waiting).toMatchObject({ status: 200, body: { use: "ollama", forced: true } });
    expect(clock.timers()).toBe(timers);
  });

  it("answers 304 when nothing has changed during the wait", async () => {
    const { etag } = await get("/route/chat");
    const timers = clock.timers();
    const waiting = get(`/route/chat?wait=3s`, { headers: { "If-None-Match": etag ?? "" } });
    await waitUntil("the request to wait", () => clock.timers() > timers || undefined);
    await pass(3);
    expect(await waiting).toMatchObject({ status: 304 });
    expect(await get("/route/chat?wait=2h")).toMatchObject({
      status: 400,
      body: { error: 'wait: got "2h", want a duration such as 30s, 2m, 1h30m or 500ms, at most 1m0s' },
    });
  });

  it("is stale once nothing is known of the member in use", async () => {
    const before = await get("/route/chat");
    clock.block(seconds(400));
    expect(before).toMatchObject({ body: { stale: false } });
    expect(await get("/route/chat")).toMatchObject({ body: { stale: true, use: "openai" } });
  });

  it("names the routes for an unknown one", async () => {
    expect(await get("/route/nope")).toMatchObject({
      status: 404,
      body: { error: 'route: got "nope", want one of: chat, careful' },
    });
    expect((await get("/route")).body).toMatchObject({ routes: [{ route: "chat" }, { route: "careful" }] });
  });
});

describe("GET /route/{name}/ready", () => {
  it("is 200 for the member in use only", async () => {
    expect(await get("/route/chat/ready?target=openai")).toMatchObject({ status: 200, body: "in use\n" });
    expect(await get("/route/chat/ready?target=ollama")).toMatchObject({
      status: 503,
      body: "openai is in use\n",
    });
    expect(await get("/route/chat/ready")).toMatchObject({
      status: 400,
      body: { error: "target: got nothing, want one of: openai, ollama" },
    });
    expect(await get("/route/chat/ready?target=x")).toMatchObject({ status: 404 });
  });
});

describe("GET /route/{name}/flagd.json", () => {
  it("is a flag whose default variant is the choice", async () => {
    expect((await get("/route/chat/flagd.json")).body).toEqual({
      $schema: "https://flagd.dev/schema/v0/flags.json",
      flags: {
        chat: {
          state: "ENABLED",
          variants: { openai: "openai", ollama: "ollama" },
          defaultVariant: "openai",
        },
      },
    });
  });
});

describe("POST /route/{name}/...", () => {
  it("forces a member for a time, and ends that", async () => {
    expect(await post("/route/chat/force/ollama?for=1m")).toMatchObject({
      status: 200,
      body: { use: "ollama", forced: true, forced_until: "2025-09-15T13:31:11Z" },
    });
    expect(await post("/route/chat/auto")).toMatchObject({ body: { use: "openai", forced: false } });
    await post("/route/chat/force/ollama?for=1m");
    await pass(61);
    expect(await get("/route/chat")).toMatchObject({ body: { use: "openai", forced: false } });
  });

  it("excludes a member for maintenance, and includes it again", async () => {
    expect(await post("/route/chat/exclude/openai?for=1h")).toMatchObject({
      body: { use: "ollama", why: [{ usable: false, reason: "excluded", excluded: true }, {}] },
    });
    expect(await post("/route/chat/include/openai")).toMatchObject({ body: { use: "openai" } });
  });

  it("needs the control token, a member and a sane time", async () => {
    const without = await fetch(`${exporter.url}/route/chat/force/ollama`, { method: "POST" });
    expect(without.status).toBe(401);
    expect(await post("/route/chat/force/nope")).toMatchObject({
      status: 404,
      body: { error: 'target: got "nope", want one of: openai, ollama' },
    });
    expect(await post("/route/chat/force/ollama?for=99999999999999y")).toMatchObject({ status: 400 });
    expect(await get("/route/chat")).toMatchObject({ body: { use: "openai" } });
  });
});

describe("routes", () => {
  it("keep their choice, and what an operator commanded, over a restart", async () => {
    const kept = createMemory();
    const start = () =>
      startLocalExporter({ yaml: YAML, probers: [model], files: { token: TOKEN }, clock, memory: kept });
    await exporter[Symbol.asyncDispose]();
    exporter = await start();
    await pass(11);
    await post("/route/chat/exclude/openai");
    await exporter[Symbol.asyncDispose]();
    exporter = await start();
    expect(await get("/route/chat")).toMatchObject({
      body: { use: "ollama", why: [{ reason: "excluded" }, {}] },
    });
  });

  it("have series", async () => {
    const metrics = await (await fetch(`${exporter.url}/metrics`)).text();
    expect(metrics.split("\n").filter((line) => line.startsWith("heartbeat_route_"))).toEqual([
      'heartbeat_route_selected{route="chat",target="openai"} 1',
      'heartbeat_route_selected{route="chat",target="ollama"} 0',
      'heartbeat_route_selected{route="careful",target="backup"} 1',
      'heartbeat_route_usable{route="chat",target="openai"} 1',
      'heartbeat_route_usable{route="chat",target="ollama"} 1',
      'heartbeat_route_usable{route="careful",target="backup"} 1',
      'heartbeat_route_position{route="chat",target="openai"} 1',
      'heartbeat_route_position{route="chat",target="ollama"} 2',
      'heartbeat_route_position{route="careful",target="backup"} 1',
      'heartbeat_route_changes_total{route="chat"} 0',
      'heartbeat_route_changes_total{route="careful"} 0',
      'heartbeat_route_exhausted{route="chat"} 0',
      'heartbeat_route_exhausted{route="careful"} 0',
      'heartbeat_route_forced{route="chat"} 0',
      'heartbeat_route_forced{route="careful"} 0',
      'heartbeat_route_info{team="ai",route="chat"} 1',
      'heartbeat_route_info{route="careful"} 1',
    ]);
  });
});
