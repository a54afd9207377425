import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMemory } from "../../src/core/memory.ts";
import { type Prober, succeeded } from "../../src/core/prober.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { manualClock } from "../helpers/clock.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { parseExposition, valueOf } from "../helpers/exposition.ts";

/** Finds a heartbeat named like the address, as probers of logs do. */
const listening: Prober = {
  kind: "listening",
  metrics: [],
  reasons: [],
  schema: {},
  costly: false,
  compile: (options) => options,
  probe: async ({ address }, _module, { clock }) => ({
    outcome: succeeded,
    samples: [],
    beats: [{ heartbeat: address, source: "log", lastSeen: clock.now(), timeout: seconds(60) }],
  }),
};

const CONTROL = "control-token-of-the-test";
const OWN = "own-token-of-the-test";
const SHARED = "shared-token-of-the-test";
const RID = "0e8400e2-9b29-41d4-a716-446655440000";

const OPEN = `
control: { token_file: control }
modules: { logs: { prober: listening } }
targets: [{ name: app-log, module: logs, target: /var/log/app.log, labels: { team: logs } }]
heartbeats:
  - { name: production-server, hostname: prod-01.example.com, description: Main API server, owner: web, labels: { tier: front } }
  - { name: nightly-backup, kind: job, timeout: 25h, start_timeout: 1h, critical: true }
  - { name: quiet, kind: service }
`;
const GUARDED = `
heartbeats:
  - { name: guarded, token_file: own }
  - { name: plain }
`;
const REGISTERING = `${GUARDED}
heartbeat_registration: { token: ${SHARED}, max: 1, name_pattern: "web-*" }
`;

const started = (yaml: string, more: Partial<Parameters<typeof startLocalExporter>[0]> = {}) =>
  startLocalExporter({
    yaml,
    probers: [listening],
    files: { control: `${CONTROL}\n`, own: `${OWN}\n` },
    ...more,
  });

const asker =
  (exporter: () => LocalExporter) =>
  async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${exporter().url}${path}`, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
const bearer = (token: string): RequestInit => ({ headers: { Authorization: `Bearer ${token}` } });

describe("/ping", () => {
  const clock = manualClock();
  let exporter: LocalExporter;
  const ask = asker(() => exporter);
  beforeAll(async () => {
    exporter = await started(OPEN, { clock });
  });
  afterAll(() => exporter[Symbol.asyncDispose]());
  const pingsOf = async (name: string) =>
    (JSON.parse((await ask(`/heartbeats/${name}`)).text) as { pings: Record<string, number> }).pings;

  it.each(["GET", "HEAD", "POST"])("%s counts as success and returns OK", async (method) => {
    const before = await pingsOf("production-server");
    const { status, headers, text } = await ask("/ping/production-server", { method });
    expect({ status, text }).toEqual({ status: 200, text: method === "HEAD" ? "" : "OK" });
    expect(headers.get("ping-body-limit")).toBe("10000");
    expect(await pingsOf("production-server")).toEqual({ ...before, success: (before["success"] ?? 0) + 1 });
  });

  it.each([
    ["start", "start"],
    ["fail", "fail"],
    ["log", "log"],
    ["0", "success"],
    ["1", "fail"],
    ["255", "fail"],
  ])("/%s counts as %s", async (action, kind) => {
    const before = await pingsOf("quiet");
    expect(await ask(`/ping/quiet/${action}`)).toMatchObject({ status: 200, text: "OK" });
    expect(await pingsOf("quiet")).toEqual({ ...before, [kind]: (before[kind] ?? 0) + 1 });
  });

  it.each([
    ["/ping/nobody", 404, 'got "nobody", want the name of a heartbeat'],
    ["/ping", 404, "got no name"],
    ["/ping/", 404, "got no name"],
    ["/ping/quiet/", 404, "got no name"],
    ["/ping/quiet/strat", 404, 'got "strat"'],
    ["/ping/quiet/256", 400, "exit status above 255"],
    ["/ping/a/quiet/b/log", 404, "too long a path"],
    ["/ping/%E0%A4%A", 400, "invalid % escape"],
    ["/ping/quiet?rid=1", 400, "rid: must be a UUID"],
    ["/Ping/quiet", 404, "no such route"],
    ["/ping/QUIET", 404, 'got "QUIET"'],
  ])("%s returns %i: %s", async (path, status, text) => {
    expect(await ask(path)).toMatchObject({ status, text: expect.stringContaining(text) });
  });

  it("returns 405 with Allow for other methods", async () => {
    const { status, headers } = await ask("/ping/quiet", { method: "PUT", body: "x" });
    expect([status, headers.get("allow")]).toEqual([405, "HEAD, GET, POST"]);
  });

  it("pairs start and end by rid, ignoring its case", async () => {
    await ask(`/ping/nightly-backup/start?rid=${RID.toUpperCase()}`);
    const running = valueOf(
      (await ask("/metrics?collect[]=heartbeats")).text,
      "heartbeat_running_since_timestamp_seconds",
      { heartbeat: "nightly-backup" },
    );
    expect(running).toBeCloseTo(clock.now(), 3);
    clock.advance(seconds(90));
    await ask(`/ping/nightly-backup?rid=${RID}`);
    const { text } = await ask("/metrics?collect[]=heartbeats");
    const labels = { heartbeat: "nightly-backup", source: "push" };
    expect(valueOf(text, "heartbeat_last_duration_seconds", labels)).toBeCloseTo(90, 3);
    expect(valueOf(text, "heartbeat_running_since_timestamp_seconds", labels)).toBeUndefined();
  });

  it("keeps the first 10 kB of the last body, and shows them only with the control token", async () => {
    const body = `${"x".repeat(9_999)}é${"y".repeat(200_000)}`;
    expect(await ask("/ping/quiet", { method: "POST", body })).toMatchObject({ status: 200, text: "OK" });
    expect((await ask("/heartbeats/quiet/body")).status).toBe(401);
    const stored = await ask("/machines/quiet/body", bearer(CONTROL));
    expect(stored.status).toBe(200);
    expect(stored.headers.get("content-type")).toContain("text/plain");
    expect(stored.text.startsWith("x".repeat(9_999))).toBe(true);
    expect(stored.text.length).toBe(10_000);
    await ask("/ping/quiet", { method: "POST", body: "short" });
    expect((await ask("/heartbeats/quiet/body", bearer(CONTROL))).text).toBe("short");
    expect((await ask("/heartbeats/nobody/body", bearer(CONTROL))).status).toBe(404);
    expect((await ask("/metrics")).text).not.toContain("short");
  });

  it("counts a ping whose body never ends, and stops reading after a megabyte", async () => {
    const before = await pingsOf("quiet");
    const { port } = new URL(exporter.url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write("POST /ping/quiet HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n");
    socket.write("z".repeat(1_100_000));
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 OK[\s\S]*Connection: close[\s\S]*OK$/);
    expect(await pingsOf("quiet")).toEqual({ ...before, success: (before["success"] ?? 0) + 1 });
  });
});

describe("tokens", () => {
  let guarded: LocalExporter;
  let registering: LocalExporter;
  const ask = asker(() => guarded);
  beforeAll(async () => {
    guarded = await started(GUARDED);
    registering = await started(REGISTERING);
  });
  afterAll(async () => {
    await guarded[Symbol.asyncDispose]();
    await registering[Symbol.asyncDispose]();
  });

  it.each([
    ["a header", "/ping/guarded", bearer(OWN)],
    ["the query", `/ping/guarded/log?token=${OWN}`, {}],
    ["the path", `/ping/${OWN}/guarded`, {}],
    ["the path, before an action", `/ping/${OWN}/guarded/start`, {}],
  ])("are accepted in %s", async (_where, path, init) => {
    expect(await ask(path, init)).toMatchObject({ status: 200, text: "OK" });
  });

  it("are taken from the header, else from the query, else from the path", async () => {
    expect((await ask(`/ping/${OWN}/guarded?token=${OWN}`, bearer("wrong"))).status).toBe(401);
    expect((await ask(`/ping/${OWN}/guarded?token=wrong`)).status).toBe(401);
    expect((await ask("/ping/wrong/guarded", bearer(OWN))).status).toBe(200);
  });

  it("get the same 401 for unknown names as for wrong tokens", async () => {
    const refused = async (path: string, init: RequestInit = {}) => {
      const { status, headers, text } = await ask(path, init);
      return { status, text, names: [...headers.keys()].filter((name) => name !== "date") };
    };
    const known = await refused("/ping/guarded");
    expect(known).toMatchObject({ status: 401, names: expect.arrayContaining(["www-authenticate"]) });
    for (const path of ["/ping/nobody", "/ping/wrong/nobody", "/ping/nobody/start", "/ping/guarded/fail"]) {
      expect(await refused(path)).toEqual(known);
      expect(await refused(path, bearer("wrong"))).toEqual(known);
    }
    // Nor does the token of another heartbeat tell an unknown name from a known one.
    expect(await refused("/ping/nobody", bearer(OWN))).toEqual(known);
    expect((await ask("/ping/plain")).status).toBe(200);
  });

  it("take as long to refuse for known names as for unknown ones", async () => {
    const time = async (path: string): Promise<number> => {
      const begin = performance.now();
      await ask(path, bearer("wrong"));
      return performance.now() - begin;
    };
    const [known, unknown]: number[][] = [[], []];
    for (let i = 0; i < 150; i += 1) {
      known?.push(await time("/ping/guarded"));
      unknown?.push(await time("/ping/nobody0"));
    }
    const median = (list: number[] = []): number => list.toSorted((a, b) => a - b)[75] ?? 0;
    expect(median(known) / median(unknown)).toBeGreaterThan(0.6);
    expect(median(known) / median(unknown)).toBeLessThan(1.6);
  });

  it("register a machine by its first ping, and guard configured heartbeats without their own", async () => {
    const ask = asker(() => registering);
    const unauthorized = await ask("/ping/web-1");
    expect(unauthorized.status).toBe(401);
    expect((await ask("/ping/plain")).text).toBe(unauthorized.text);
    expect((await ask("/ping/web-1", bearer(OWN))).text).toBe(unauthorized.text);
    expect(await ask("/ping/plain", bearer(SHARED))).toMatchObject({ status: 200 });
    expect(await ask("/ping/guarded", bearer(SHARED))).toMatchObject({ status: 401 });
    expect(await ask("/ping/db-1", bearer(SHARED))).toMatchObject({
      status: 400,
      text: expect.stringContaining("want a name like web-*"),
    });
    expect(await ask("/ping/web-1", bearer(SHARED))).toMatchObject({ status: 200 });
    expect(await ask("/ping/web-2", bearer(SHARED))).toMatchObject({ status: 403 });
    const list = JSON.parse((await ask("/heartbeats?name=web-1")).text) as unknown;
    expect(list).toMatchObject([{ id: 3, name: "web-1", registered: true, status: "online" }]);
  });

  it("take effect as soon as their file is written", async () => {
    await using exporter = await startLocalExporter({
      yaml: "heartbeats: [{ name: a, token_file: own }]",
      probers: [],
      files: { own: "first\n" },
    });
    const ask = asker(() => exporter);
    expect((await ask("/ping/a", bearer("first"))).status).toBe(200);
    await exporter.folder.write("own", "second and longer\n");
    expect((await ask("/ping/a", bearer("second and longer"))).status).toBe(200);
    expect((await ask("/ping/a", bearer("first"))).status).toBe(401);
  });

  it("appear in no log, metric or page", async () => {
    for (const path of [
      `/ping/${OWN}/guarded`,
      `/ping/${OWN}/nobody`,
      `/ping/guarded?token=${OWN}`,
      `/ping/${OWN}/guarded/x/y`,
      `/PING/${OWN}/guarded`,
    ])
      await ask(path);
    const seen = JSON.stringify(guarded.logged);
    expect(seen).toContain('"message":"ping"');
    expect(seen).not.toContain(OWN);
    for (const path of ["/metrics", "/config", "/heartbeats", "/"]) {
      expect((await ask(path)).text).not.toContain(OWN);
      expect(await (await fetch(`${registering.url}${path}`)).text()).not.toContain(SHARED);
    }
  });
});

describe("/heartbeats", () => {
  it("lists heartbeats from all sources with their fields", async () => {
    const clock = manualClock();
    await using exporter = await started(OPEN, { clock });
    const ask = asker(() => exporter);
    const json = async (path: string): Promise<unknown> => JSON.parse((await ask(path)).text);
    await ask("/ping/production-server");
    await ask("/probe?target=app-log");
    clock.advance(seconds(130));
    await ask("/ping/nightly-backup");
    expect(await json("/machines")).toMatchObject([
      {
        id: 1,
        name: "production-server",
        hostname: "prod-01.example.com",
        description: "Main API server",
        status: "offline",
        last_seen: "2025-09-15T13:30:00Z",
        source: "push",
        kind: "machine",
        owner: "web",
        timeout: "2m0s",
        labels: { tier: "front" },
        cause: "timeout",
      },
      {
        id: 2,
        name: "nightly-backup",
        status: "online",
        timeout: "25h0m0s",
        start_timeout: "1h0m0s",
        critical: true,
      },
      { id: 3, name: "quiet", hostname: null, description: null, status: "unknown", last_seen: null },
      {
        id: null,
        name: "/var/log/app.log",
        source: "log",
        status: "offline",
        target: "app-log",
        timeout: "1m0s",
      },
    ]);
    const names = async (path: string) => ((await json(path)) as { name: string }[]).map(({ name }) => name);
    expect(await names("/heartbeats?status=offline")).toEqual(["production-server", "/var/log/app.log"]);
    expect(await names("/heartbeats?status=online")).toEqual(["nightly-backup"]);
    expect(await names("/heartbeats?name=quiet&status=unknown")).toEqual(["quiet"]);
    expect(await json("/heartbeats/quiet")).toMatchObject({ id: 3 });
    expect(await json("/heartbeats/%2Fvar%2Flog%2Fapp.log")).toMatchObject({ source: "log" });
    expect(await ask("/heartbeats/nobody")).toMatchObject({
      status: 404,
      text: expect.stringContaining("nobody"),
    });
    expect(await ask("/heartbeats?status=down")).toMatchObject({ status: 400 });
    expect((await ask("/", { headers: { Accept: "text/html" } })).text).toContain(
      'href="/page/heartbeats/production-server"',
    );
    expect(exporter.logged.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        "Heartbeat monitor started (interval: 30s, threshold: 2m0s)",
        "Machine 1 (production-server) went offline (last seen: 2m0s ago)",
      ]),
    );
  });

  it("survives a restart, whose downtime does not count as silence", async () => {
    const memory = createMemory();
    const clock = manualClock();
    {
      await using exporter = await started(OPEN, { clock, memory });
      await asker(() => exporter)("/ping/production-server");
      clock.advance(seconds(100));
    }
    const later = manualClock(clock.now() + 3600);
    await using exporter = await started(OPEN, {
      clock: later,
      memory: { ...memory, downFor: seconds(3600) },
    });
    const ask = asker(() => exporter);
    const up = async () =>
      valueOf((await ask("/metrics")).text, "heartbeat_up", { heartbeat: "production-server" });
    later.advance(seconds(19));
    expect(await up()).toBe(1);
    later.advance(seconds(1));
    expect(await up()).toBe(0);
    expect(JSON.parse((await ask("/heartbeats/production-server")).text)).toMatchObject({
      last_seen: "2025-09-15T13:30:00Z",
    });
  });
});

describe("/metrics", () => {
  it("shows each heartbeat once, and each family in one block", async () => {
    const clock = manualClock();
    await using exporter = await started(OPEN, { clock });
    const ask = asker(() => exporter);
    await ask("/ping/production-server/fail");
    await ask("/probe?target=app-log");
    const { text } = await ask("/metrics");
    const types = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(new Set(types).size).toBe(types.length);
    const { series } = parseExposition(text);
    const own = series.filter(
      ({ name, labels }) => name.startsWith("heartbeat_") && labels["heartbeat"] !== undefined,
    );
    const only = (await ask("/metrics?collect[]=heartbeats")).text;
    await expect(only).toMatchFileSnapshot("../golden/heartbeats/metrics.prom");
    expect(parseExposition(only).series).toHaveLength(own.length);
    expect((await ask("/metrics?collect[]=targets")).text).not.toContain("heartbeat_up");
    expect(valueOf(only, "heartbeat_up", { target: "app-log", module: "logs", source: "log" })).toBe(1);
    expect(valueOf(only, "heartbeat_last_seen_timestamp_seconds", { heartbeat: "production-server" })).toBe(
      timestamp(1_757_943_000),
    );
  });
});
