import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import { createMemory } from "../../src/core/memory.ts";
import { failed, type Prober, succeeded } from "../../src/core/prober.ts";
import { type Seconds, seconds } from "../../src/core/units.ts";
import { manualClock } from "../helpers/clock.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { waitUntil } from "../helpers/process.ts";
import { heldProber, settle } from "../helpers/stand-in-prober.ts";

const TOKEN = "control-token-of-the-test";

/** Addresses of the targets that fail. */
let down: Set<string>;
let probed: number;
const scripted: Prober = {
  kind: "scripted",
  metrics: [],
  reasons: ["connect"],
  schema: {},
  costly: false,
  compile: () => ({}),
  probe: async ({ address }) => {
    probed += 1;
    const outcome = down.has(address) ? failed("connect", "refused by the test") : succeeded;
    return { outcome, samples: [], duration: seconds(0.25) };
  },
};

const YAML = `
control: { token_file: token }
modules: { scripted: { prober: scripted, timeout: 2s } }
targets:
  - { name: model, module: scripted, target: model, schedule: interval, critical: true }
  - { name: shop, module: scripted, target: "http://user:hunt@er22@shop", schedule: interval }
groups:
  - { name: front, members: [shop], labels: { team: web } }
  - { name: ecosystem, description: all of it, members: [model, front], components: [sync] }
health: { group: ecosystem }
`;
const WITHOUT_GROUP = YAML.replace("health: { group: ecosystem }", "");

let clock: ReturnType<typeof manualClock>;
let stalled: boolean;
let exporter: LocalExporter;

async function begin(yaml: string, memory = createMemory()): Promise<void> {
  const halting: Clock = {
    ...clock,
    after: (delay: Seconds, run: () => void) => clock.after(delay, () => !stalled && run()),
  };
  exporter = await startLocalExporter({
    yaml,
    probers: [scripted],
    files: { token: `${TOKEN}\n` },
    clock: halting,
    memory,
  });
}

beforeEach(() => {
  down = new Set();
  probed = 0;
  stalled = false;
  clock = manualClock();
});
afterEach(() => exporter[Symbol.asyncDispose]());

const count = (): number => probed;

/** Waits until each scheduled target has been probed this many times. */
async function rounds(times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    const before = count();
    // The first probes are spread over ten seconds.
    clock.advance(seconds(clock.monotonic() === 0 ? 5 : 30));
    while (count() < before + 2) await settle();
    await settle();
  }
}

const ask = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${exporter.url}${path}`, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
};
const json = async (path: string) => JSON.parse((await ask(path)).text) as Record<string, unknown>;
const send = (method: string, name: string, body?: unknown) =>
  ask(`/api/v1/components/${name}`, {
    method,
    headers: { Authorization: `Bearer ${TOKEN}` },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });

describe("/livez and /readyz without a group", () => {
  it("check the exporter itself, whatever its targets do", async () => {
    await begin(WITHOUT_GROUP);
    down = new Set(["model"]);
    await rounds(3);
    for (const path of ["/livez", "/readyz"]) {
      expect(await ask(path)).toMatchObject({ status: 200, text: "ok" });
      expect(await ask(`${path}?verbose`)).toMatchObject({
        status: 200,
        text: `[+]exporter ok\n${path.slice(1)} passed\n`,
      });
      expect(await ask(path, { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
    }
  });

  it("/livez fails if scheduled probes have stopped; /readyz does not", async () => {
    await begin(WITHOUT_GROUP);
    await rounds(1);
    stalled = true;
    clock.advance(seconds(85));
    expect((await ask("/livez")).status).toBe(200);
    clock.advance(seconds(1));
    expect(await ask("/livez")).toMatchObject({
      status: 503,
      text: "[-]exporter failed: scheduled probes have stopped\nlivez failed\n",
    });
    expect((await ask("/readyz")).status).toBe(200);
  });

  it("/readyz fails while shutting down", async () => {
    await begin(WITHOUT_GROUP);
    await exporter.stop();
    expect(await ask("/readyz")).toMatchObject({
      status: 503,
      text: "[-]exporter failed: shutting down\nreadyz failed\n",
    });
    expect((await ask("/livez")).status).toBe(200);
  });

  it("check the group that a request names", async () => {
    await begin(WITHOUT_GROUP);
    expect((await ask("/readyz?group=front")).status).toBe(503);
    await rounds(2);
    expect(await ask("/readyz?group=front")).toMatchObject({ status: 200, text: "ok" });
    expect(await ask("/livez?group=frnt")).toMatchObject({
      status: 404,
      text: 'group: got "frnt", want one of: front, ecosystem\n',
    });
  });
});

describe("/livez and /readyz with a group", () => {
  beforeEach(() => begin(YAML));

  it("pass /livez and fail /readyz while the group is unknown, without probing", async () => {
    expect(await ask("/livez")).toMatchObject({ status: 200, text: "ok" });
    expect(await ask("/readyz")).toMatchObject({
      status: 503,
      text: `[+]exporter ok
[-]model failed: unknown
[-]front failed: unknown
[-]sync failed: unknown
[-]group ecosystem failed: unknown
readyz failed
`,
    });
    expect((await ask("/readyz")).headers.get("cache-control")).toBe("no-store");
    expect(probed).toBe(0);
  });

  it("pass if all members are healthy", async () => {
    await rounds(2);
    await send("PUT", "sync", { status: "healthy", ttl: "1h" });
    expect(await ask("/readyz")).toMatchObject({ status: 200, text: "ok" });
    expect((await ask("/readyz?verbose")).text).toBe(`[+]exporter ok
[+]model ok
[+]front ok
[+]sync ok
[+]group ecosystem ok
readyz passed
`);
  });

  it("fail /readyz if the group is degraded, and both if it is unhealthy", async () => {
    down = new Set(["http://user:hunt@er22@shop"]);
    await rounds(3);
    expect((await ask("/livez?verbose")).text).toBe(`[+]exporter ok
[+]model ok
[-]front failed: unhealthy
[+]sync ok (unknown)
[+]group ecosystem ok (degraded)
livez passed
`);
    expect((await ask("/readyz")).status).toBe(503);
    down.add("model");
    await rounds(3);
    expect(await ask("/livez")).toMatchObject({
      status: 503,
      text: `[+]exporter ok
[-]model failed: unhealthy, connect
[-]front failed: unhealthy
[+]sync ok (unknown)
[-]group ecosystem failed: unhealthy
livez failed
`,
    });
  });

  it("fail /readyz if a target has not been probed for long", async () => {
    await rounds(2);
    await send("PUT", "sync", { status: "healthy", ttl: "1h" });
    stalled = true;
    clock.advance(seconds(299));
    expect((await ask("/readyz")).status).toBe(200);
    clock.advance(seconds(1));
    expect((await ask("/readyz?verbose")).text).toContain("[-]model failed: unknown\n");
  });
});

describe("/report", () => {
  it("has the keys and types of the Go struct", async () => {
    await begin(YAML);
    down = new Set(["http://user:hunt@er22@shop"]);
    await rounds(3);
    await send("PUT", "sync", { Status: "Healthy", Message: "Connected", Metrics: { queue: 3 } });
    const { MemoryUsage, CPUUsage, GoroutineCount, ...rest } = await json("/report");
    expect(rest).toEqual({
      Status: "Degraded",
      Components: {
        model: {
          Name: "model",
          Status: "Healthy",
          LastCheck: "2025-09-15T13:31:05Z",
          Message: "3 successes in a row",
          Error: null,
          Metrics: { consecutive_failures: 0, consecutive_successes: 3, duration_seconds: 0.25 },
          Kind: "target",
          Critical: true,
          Reason: "",
        },
        front: {
          Name: "front",
          Status: "Unhealthy",
          LastCheck: "2025-09-15T13:31:05Z",
          Message: "1 unhealthy",
          Error: null,
          Metrics: {},
          Kind: "group",
          Critical: false,
          Reason: "",
        },
        sync: {
          Name: "sync",
          Status: "Healthy",
          LastCheck: "2025-09-15T13:31:05Z",
          Message: "Connected",
          Error: null,
          Metrics: { queue: 3 },
          Kind: "component",
          Critical: false,
          Reason: "",
        },
      },
      LastHeartbeat: "2025-09-15T13:31:05Z",
      Uptime: 65e9,
      Version: "0.0.0-test",
      SyncRate: 6 / 65,
      ErrorRate: 3 / 65,
      QueueDepth: 0,
      Latency: 25e7,
    });
    expect(MemoryUsage).toBeGreaterThan(1e6);
    expect(CPUUsage).toBeGreaterThan(0);
    expect(Number.isInteger(GoroutineCount)).toBe(true);
  });

  it("counts waiting probes, not those in flight", async () => {
    const { prober, started } = heldProber();
    exporter = await startLocalExporter({
      yaml: "limits: { max_concurrent_probes: 1 }\nmodules: { held: { prober: held } }",
      probers: [prober],
    });
    const probes = ["one", "two", "three"].map((name) => ask(`/probe?module=held&target=${name}`));
    const depth = async () => (await json("/report"))["QueueDepth"];
    await waitUntil("all requests at the exporter", async () => ((await depth()) === 2 ? true : undefined));
    while (started.length < probes.length || (await depth()) !== 0) {
      for (const probe of started) probe.succeed();
      await settle();
    }
    for (const probe of started) probe.succeed();
    expect((await Promise.all(probes)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it("covers everything by default, or the group that a request names", async () => {
    await begin(WITHOUT_GROUP);
    await send("PUT", "spare", { status: "unhealthy" });
    const names = async (path: string) => Object.keys((await json(path))["Components"] as object);
    expect(await names("/report")).toEqual(["model", "shop", "spare"]);
    expect(await names("/report?group=front")).toEqual(["shop"]);
    expect((await json("/report"))["LastHeartbeat"]).toBe("2025-09-15T13:30:00Z");
    expect((await json("/report?group=front"))["LastHeartbeat"]).toBeNull();
    expect(await ask("/report?group=x")).toMatchObject({
      status: 404,
      text: '{"error":"group: got \\"x\\", want one of: front, ecosystem"}',
    });
  });
});

describe("/api/v1", () => {
  beforeEach(() => begin(YAML));

  it("targets: returns their states, without passwords and without probing", async () => {
    down = new Set(["http://user:hunt@er22@shop"]);
    await rounds(3);
    const before = probed;
    const { targets } = await json("/api/v1/targets");
    expect(targets).toMatchObject([{ name: "model", status: "healthy" }, { name: "shop" }]);
    expect((targets as unknown[])[1]).toEqual({
      name: "shop",
      module: "scripted",
      kind: "scripted",
      address: "http://<secret>@shop",
      critical: false,
      labels: {},
      schedule: "interval",
      interval_seconds: 30,
      status: "unhealthy",
      stale: false,
      degraded: null,
      skipped: null,
      depends_on: [],
      blocked_by: null,
      mode: null,
      consecutive_failures: 3,
      consecutive_successes: 0,
      last_probe: "2025-09-15T13:31:05Z",
      last_success: null,
      last_duration_seconds: 0.25,
      last_failure: { time: "2025-09-15T13:31:05Z", reason: "connect" },
      last_failure_reason: "connect",
      response_model: null,
      served_by: null,
      tiers: {},
    });
    expect(probed).toBe(before);
  });

  it("groups: returns status, rule and members", async () => {
    await rounds(2);
    expect(await json("/api/v1/groups")).toEqual({
      groups: [
        {
          name: "front",
          description: null,
          labels: { team: "web" },
          status: "healthy",
          unhealthy_when: "any",
          members: [
            {
              name: "shop",
              kind: "target",
              critical: false,
              status: "healthy",
              last_seen: "2025-09-15T13:30:35Z",
              message: "2 successes in a row",
            },
          ],
        },
        {
          name: "ecosystem",
          description: "all of it",
          labels: {},
          status: "degraded",
          unhealthy_when: "critical",
          members: [
            expect.objectContaining({ name: "model", kind: "target", critical: true }),
            expect.objectContaining({ name: "front", kind: "group", message: "1 healthy" }),
            {
              name: "sync",
              kind: "component",
              critical: false,
              status: "unknown",
              last_seen: null,
              message: "has not reported yet",
            },
          ],
        },
      ],
    });
  });

  it("/metrics shows groups as they are after the probes of the scrape", async () => {
    await rounds(2);
    const metrics = { queue_depth: 17, "hit.ratio": 0.5 };
    await send("PUT", "sync", { status: "degraded", ttl: "30s", metrics, group: "ecosystem" });
    const { text } = await ask("/metrics?collect[]=targets");
    const status = (name: string, labels: Record<string, string>) => valueOf(text, name, labels);
    expect(status("heartbeat_group_status", { group: "front", status: "healthy" })).toBe(1);
    expect(status("heartbeat_group_status", { group: "front", status: "unknown" })).toBe(0);
    expect(status("heartbeat_group_status", { group: "ecosystem", status: "degraded" })).toBe(1);
    expect(status("heartbeat_group_members", { group: "ecosystem", status: "healthy" })).toBe(2);
    expect(status("heartbeat_group_info", { group: "front", team: "web" })).toBe(1);
    expect(status("heartbeat_component_status", { component: "sync", status: "degraded" })).toBe(1);
    expect(status("heartbeat_component_last_report_timestamp_seconds", { component: "sync" })).toBe(
      clock.now(),
    );
    const facts = { component: "sync", critical: "false", group: "ecosystem" };
    expect(status("heartbeat_component_info", facts)).toBe(1);
    expect(text).not.toMatch(/heartbeat_component_status\{component="absent"/);
    const value = (page: string, name: string) =>
      valueOf(page, "heartbeat_component_value", { component: "sync", name });
    expect([value(text, "queue_depth"), value(text, "hit.ratio")]).toEqual([17, 0.5]);
    clock.advance(seconds(30));
    const later = (await ask("/metrics?collect[]=targets")).text;
    expect(value(later, "queue_depth")).toBeUndefined();
    expect(valueOf(later, "heartbeat_component_status", { component: "sync", status: "unknown" })).toBe(1);
  });
});

it("/metrics has the components that groups list before they report, and whether they are critical", async () => {
  const groups = "  - { name: more, components: [never, sync], critical_members: [never] }\nhealth:";
  await begin(YAML.replace("health:", groups));
  const page = async () => (await ask("/metrics?collect[]=targets")).text;
  const info = async (component: string, critical: string) =>
    valueOf(await page(), "heartbeat_component_info", { component, critical });
  for (const component of ["never", "sync"]) {
    expect(valueOf(await page(), "heartbeat_component_status", { component, status: "unknown" })).toBe(1);
    expect(valueOf(await page(), "heartbeat_component_status", { component, status: "healthy" })).toBe(0);
  }
  expect([await info("never", "true"), await info("sync", "false")]).toEqual([1, 1]);
  await send("PUT", "never", { status: "healthy" });
  await send("PUT", "sync", { status: "healthy", critical: true });
  expect([await info("never", "true"), await info("sync", "true")]).toEqual([1, 1]);
});

describe("/api/v1/components/{name}", () => {
  it("stores reports by PUT and POST, returns them, and deletes by DELETE", async () => {
    await begin(YAML);
    const sent = await send("PUT", "sync", { status: "healthy", ttl: "90s", group: "front" });
    const facts = {
      name: "sync",
      status: "healthy",
      reported_status: "healthy",
      reported_at: "2025-09-15T13:30:00Z",
      ttl: "1m30s",
      message: "",
      metrics: {},
      critical: false,
      group: "front",
    };
    expect({ ...sent, text: JSON.parse(sent.text) as unknown }).toMatchObject({ status: 200, text: facts });
    clock.advance(seconds(90));
    expect(await json("/api/v1/components")).toEqual({ components: [{ ...facts, status: "unknown" }] });
    expect(JSON.parse((await send("POST", "sync", { status: "unhealthy" })).text)).toMatchObject({
      status: "unhealthy",
      group: null,
    });
    expect(await send("DELETE", "sync")).toMatchObject({ status: 204, text: "" });
    expect(await send("DELETE", "sync")).toMatchObject({
      status: 404,
      text: '{"error":"name: got \\"sync\\", want a component that has reported"}',
    });
  });

  it("keeps reports over a restart and a reload", async () => {
    const memory = createMemory();
    await begin(YAML, memory);
    await send("PUT", "sync", { status: "healthy", ttl: "1h" });
    await ask("/-/reload", { method: "POST", headers: { Authorization: `Bearer ${TOKEN}` } });
    expect(await json("/api/v1/components")).toMatchObject({ components: [{ status: "healthy" }] });
    await exporter[Symbol.asyncDispose]();
    await begin(YAML, memory);
    expect(await json("/api/v1/components")).toMatchObject({ components: [{ status: "healthy" }] });
  });

  it("requires a token: that of components, which opens nothing else, or the control token", async () => {
    exporter = await startLocalExporter({
      yaml: `${YAML}components: { token_file: own }\n`,
      probers: [scripted],
      files: { token: `${TOKEN}\n`, own: "token-of-components\n" },
      clock,
    });
    const statusWith = async (token: string, method: string, path: string, body?: string) => {
      const headers = { Authorization: `Bearer ${token}` };
      return (await ask(path, { method, headers, ...(body === undefined ? {} : { body }) })).status;
    };
    const path = "/api/v1/components/sync";
    const body = '{"status":"healthy"}';
    for (const token of ["token-of-components", TOKEN]) {
      expect(await statusWith(token, "PUT", path, body)).toBe(200);
      expect(await statusWith(token, "POST", path, body)).toBe(200);
      expect(await statusWith(token, "DELETE", path)).toBe(204);
    }
    for (const method of ["PUT", "POST", "DELETE"]) expect(await statusWith("wrong", method, path)).toBe(401);
    expect(await ask(path, { method: "PUT" })).toMatchObject({
      status: 401,
      text: '{"error":"Authorization: got no token, want \\"Bearer <token of components>\\""}',
    });
    expect(await statusWith("token-of-components", "DELETE", path, body)).toBe(400);
    for (const other of ["/-/reload", "/config/force/auto", "/api/v1/maintenance?for=1h&target=shop"])
      expect(await statusWith("token-of-components", "POST", other)).toBe(401);
  });

  it("works with the token of components alone, while control routes are off", async () => {
    exporter = await startLocalExporter({
      yaml: YAML.replace("control: { token_file: token }", "components: { token_file: token }"),
      probers: [scripted],
      files: { token: `${TOKEN}\n` },
      clock,
    });
    expect((await send("PUT", "sync", { status: "healthy" })).status).toBe(200);
    const headers = { Authorization: `Bearer ${TOKEN}` };
    expect((await ask("/config/force/auto", { method: "POST", headers })).status).toBe(403);
  });

  it("requires the control token if components have none", async () => {
    await begin(YAML);
    for (const method of ["PUT", "POST", "DELETE"]) {
      const { status } = await ask("/api/v1/components/sync", {
        method,
        headers: { Authorization: "Bearer x" },
      });
      expect(status).toBe(401);
    }
    await exporter[Symbol.asyncDispose]();
    await begin(YAML.replace("control: { token_file: token }", ""));
    for (const method of ["PUT", "POST", "DELETE"]) {
      expect(await send(method, "sync")).toMatchObject({
        status: 403,
        text: '{"error":"components cannot report: set components.token_file in the configuration, or control.token_file in the configuration"}',
      });
    }
  });

  it.each([
    { name: "no body", body: undefined, status: 400, error: "body: got invalid JSON, want a JSON object" },
    {
      name: "invalid JSON",
      body: "status=healthy",
      status: 400,
      error: "body: got invalid JSON, want a JSON object",
    },
    {
      name: "a body that is too long",
      body: `{"status":"healthy","message":"${"x".repeat(2_000_000)}"}`,
      status: 413,
      error: "body: got more than 16384 bytes, want at most that many",
    },
    {
      name: "an unknown group",
      body: { status: "healthy", group: "frnt" },
      status: 400,
      error: 'group: got "frnt", want one of: front, ecosystem',
    },
    {
      name: "no status",
      body: {},
      status: 400,
      error: "status: got nothing, want healthy, degraded, unhealthy or unknown",
    },
  ])("refuses $name", async ({ body, status, error }) => {
    await begin(YAML);
    const answer = await send("PUT", "sync", body);
    expect({ status: answer.status, ...(JSON.parse(answer.text) as object) }).toEqual({ status, error });
    expect(await json("/api/v1/components")).toEqual({ components: [] });
  });

  it("refuses names of targets and groups, and other methods", async () => {
    await begin(YAML);
    for (const name of ["shop", "front"]) {
      expect((await send("PUT", name, { status: "healthy" })).text).toContain("want one that no target");
    }
    const { status, headers } = await ask("/api/v1/components/sync", { method: "PATCH" });
    expect({ status, allow: headers.get("allow") }).toEqual({
      status: 405,
      allow: "GET, HEAD, PUT, POST, DELETE",
    });
  });
});
