import { describe, expect, test } from "vitest";
import { failed, type Prober, succeeded } from "../../src/core/prober.ts";
import { seconds } from "../../src/core/units.ts";
import { manualClock } from "../helpers/clock.ts";
import { startLocalExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { snapshotMemory } from "../notify/snapshot-memory.ts";

// The manual clock starts at 2025-09-15T13:30:00Z, a Monday.
const YAML = `
control: { token_file: control }
modules: { up: { prober: switch, timeout: 1s } }
targets:
  - { name: web, module: up, target: x, failure_threshold: 2, min_interval: 0s, failover: {}, schedule: on_scrape }
  - { name: search-1, module: up, target: y, min_interval: 0s }
  - { name: free, module: up, target: z, min_interval: 0s }
heartbeats:
  - { name: machine, timeout: 2m }
groups: [{ name: inner, members: [search-1] }, { name: outer, members: [inner, machine] }]
maintenance:
  - { name: hour, targets: [web], heartbeats: [machine], weekly: { days: [mon], from: "13:31", to: "14:31" } }
  - { name: by-group, groups: [outer], once: { from: 2025-09-16T00:00:00Z, to: 2025-09-16T01:00:00Z } }
  - { name: by-pattern, targets: ["search-*"], cron: 0 3 * * *, duration: 1h }
`;

const state = { up: true };
const switchProber: Prober = {
  kind: "switch",
  metrics: [],
  reasons: ["connect"],
  schema: { type: "object" },
  costly: false,
  compile: () => ({}),
  probe: async () => ({ outcome: state.up ? succeeded : failed("connect", "down"), samples: [] }),
};

async function setup(memory = snapshotMemory(), later = 0) {
  const clock = manualClock(1_757_943_000 + later);
  const exporter = await startLocalExporter({
    yaml: YAML,
    files: { control: "control" },
    probers: [switchProber],
    clock,
    memory,
  });
  state.up = true;
  const control = (method: string, path: string): Promise<Response> =>
    fetch(exporter.url + path, { method, headers: { Authorization: "Bearer control" } });
  const metrics = async (): Promise<string> => (await fetch(`${exporter.url}/metrics`)).text();
  const announced = (): string[] =>
    exporter.logged.map(({ message }) => message).filter((message) => /went offline|came back/.test(message));
  return {
    clock,
    exporter,
    memory,
    control,
    metrics,
    announced,
    [Symbol.asyncDispose]: () => exporter[Symbol.asyncDispose](),
  };
}

describe("a heartbeat with a schedule", () => {
  const windows = `
maintenance: [{ name: night, heartbeats: ["*"], once: { from: 2025-09-15T13:31:00Z, to: 2025-09-15T14:31:00Z } }]
heartbeats:
  - { name: cron, schedule: "0 14 * * *", grace: 10m }
  - { name: hourly, every: 1h, grace: 10m }
  - { name: plain, timeout: 20m }
`;

  test("is in maintenance after a window until its first run is late", async () => {
    const clock = manualClock();
    await using exporter = await startLocalExporter({ yaml: windows, probers: [switchProber], clock });
    // Without kept connections, which time out while the test advances the clock.
    const ask = (path: string): Promise<Response> =>
      fetch(exporter.url + path, { headers: { Connection: "close" } });
    for (const name of ["cron", "hourly", "plain"]) await ask(`/ping/${name}`);
    const offline = () =>
      exporter.logged.flatMap(({ message }) => /\((\w+)\) went offline/.exec(message)?.[1] ?? []);
    const inMaintenance = async () => {
      const text = await (await ask("/metrics?collect[]=heartbeats")).text();
      return ["cron", "hourly", "plain"].map((heartbeat) =>
        valueOf(text, "heartbeat_maintenance", { heartbeat }),
      );
    };
    clock.advance(seconds(3660 + 60));
    expect(offline()).toEqual(["plain"]);
    expect(await inMaintenance()).toEqual([1, 1, 0]);
    // The window ended at 14:31.
    clock.advance(seconds(70 * 60 - 90));
    expect(offline()).toEqual(["plain"]);
    clock.advance(seconds(60));
    expect(offline()).toEqual(["plain", "hourly"]);
    expect(await inMaintenance()).toEqual([1, 0, 0]);
    clock.advance(seconds(86_400 - 2 * 3600));
    expect(offline()).toEqual(["plain", "hourly"]);
    clock.advance(seconds(3600));
    expect(offline()).toEqual(["plain", "hourly", "cron"]);
  });
});

describe("maintenance", () => {
  test("counts results but changes neither streaks, health nor mode", async () => {
    await using world = await setup();
    const { clock, metrics } = world;
    for (let i = 0; i < 3; i += 1) await metrics();
    const before = await metrics();
    expect(valueOf(before, "heartbeat_target_healthy", { target: "web" })).toBe(1);
    expect(valueOf(before, "heartbeat_target_maintenance", { target: "web" })).toBe(0);
    clock.advance(seconds(90));
    state.up = false;
    for (let i = 0; i < 5; i += 1) await metrics();
    const during = await metrics();
    const about = (name: string) => valueOf(during, name, { target: "web" });
    expect(about("heartbeat_target_maintenance")).toBe(1);
    expect(about("heartbeat_target_healthy")).toBe(1);
    expect(about("heartbeat_consecutive_failures")).toBe(0);
    expect(about("probe_success")).toBe(0);
    expect(valueOf(during, "heartbeat_failures_total", { target: "web", reason: "connect" })).toBe(6);
    expect(valueOf(during, "heartbeat_current_mode", { target: "web", mode: "primary" })).toBe(1);
    // A target without a window is not affected.
    expect(valueOf(during, "heartbeat_consecutive_failures", { target: "free" })).toBe(6);
    expect(valueOf(during, "heartbeat_target_maintenance", { target: "free" })).toBeUndefined();
    clock.advance(seconds(3600));
    await metrics();
    const after = await metrics();
    expect(valueOf(after, "heartbeat_target_maintenance", { target: "web" })).toBe(0);
    expect(valueOf(after, "heartbeat_target_healthy", { target: "web" })).toBe(0);
    expect(valueOf(after, "heartbeat_current_mode", { target: "web", mode: "fallback" })).toBe(1);
  });

  test("announces a heartbeat that went offline during the window when the window ends, if it is still offline", async () => {
    await using world = await setup();
    const { clock, exporter, announced, metrics } = world;
    await fetch(`${exporter.url}/ping/machine`);
    clock.advance(seconds(600));
    expect(announced()).toEqual([]);
    expect(valueOf(await metrics(), "heartbeat_up", { heartbeat: "machine" })).toBe(0);
    expect(valueOf(await metrics(), "heartbeat_maintenance", { heartbeat: "machine" })).toBe(1);
    clock.advance(seconds(3100));
    expect(announced()).toEqual(["Machine 1 (machine) went offline (last seen: 1h1m0s ago)"]);
    await fetch(`${exporter.url}/ping/machine`);
    expect(announced()).toHaveLength(2);
  });

  test("does not announce a heartbeat that came back before the window ended, also across a restart", async () => {
    const memory = snapshotMemory();
    {
      await using first = await setup(memory);
      await fetch(`${first.exporter.url}/ping/machine`);
      first.clock.advance(seconds(600));
      expect(first.announced()).toEqual([]);
    }
    await using second = await setup(memory, 600);
    second.clock.advance(seconds(700));
    await fetch(`${second.exporter.url}/ping/machine`);
    second.clock.advance(seconds(60));
    expect(second.announced()).toEqual([]);
  });

  test("covers the members of groups, also of nested groups", async () => {
    await using world = await setup();
    const { clock, metrics } = world;
    const covered = async (): Promise<unknown> => {
      const text = await metrics();
      return [
        valueOf(text, "heartbeat_target_maintenance", { target: "search-1" }),
        valueOf(text, "heartbeat_maintenance", { heartbeat: "machine" }),
      ];
    };
    expect(await covered()).toEqual([0, 0]);
    clock.advance(seconds(10.6 * 3600));
    expect(await covered()).toEqual([1, 1]);
    clock.advance(seconds(3600));
    expect(await covered()).toEqual([0, 0]);
    clock.advance(seconds(2 * 3600));
    expect(await covered()).toEqual([1, 0]);
  });

  test("can be started by hand, ends by itself, and survives a restart", async () => {
    const memory = snapshotMemory();
    const of = async ({ metrics }: Awaited<ReturnType<typeof setup>>): Promise<number | undefined> =>
      valueOf(await metrics(), "heartbeat_target_maintenance", { target: "free" });
    {
      await using first = await setup(memory);
      const answer = await first.control("POST", "/api/v1/maintenance?for=1h&target=free");
      expect([answer.status, await answer.json()]).toMatchObject([
        201,
        { from: "2025-09-15T13:30:00Z", until: "2025-09-15T14:30:00Z", targets: ["free"] },
      ]);
      expect(await of(first)).toBe(1);
    }
    await using second = await setup(memory);
    expect(await of(second)).toBe(1);
    second.clock.advance(seconds(3600));
    expect(await of(second)).toBeUndefined();
    expect([...memory.namespace("maintenance").entries()]).toEqual([]);

    const again = (await (await second.control("POST", "/api/v1/maintenance?for=1h&group=inner")).json()) as {
      id: string;
    };
    expect((await second.control("DELETE", `/api/v1/maintenance/${again.id}`)).status).toBe(200);
    expect((await second.control("DELETE", `/api/v1/maintenance/${again.id}`)).status).toBe(404);
  });

  test.each([
    ["?target=free", 400],
    ["?for=1h", 400],
    ["?for=-1h&target=free", 400],
    ["?for=31d&target=free", 400],
    ["?for=1h&target=free&heartbeat=machine", 400],
    ["?for=1h&target=unknown", 404],
    ["?for=1h&heartbeat=unknown", 404],
    ["?for=1h&group=unknown", 404],
  ])("rejects a manual window for %s", async (query, status) => {
    await using world = await setup();
    expect((await world.control("POST", `/api/v1/maintenance${query}`)).status).toBe(status);
    expect((await fetch(`${world.exporter.url}/api/v1/maintenance${query}`, { method: "POST" })).status).toBe(
      401,
    );
  });
});
