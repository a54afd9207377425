import { describe, expect, test } from "vitest";
import { failed, type Prober, succeeded } from "../../src/core/prober.ts";
import { type Seconds, seconds } from "../../src/core/units.ts";
import { createMemoryHistory } from "../../src/store/memory-history.ts";
import { manualClock } from "../helpers/clock.ts";
import { startLocalExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { settle } from "../helpers/stand-in-prober.ts";

const YAML = `
control: { token_file: control }
modules: { any: { prober: steered } }
targets:
  - { name: web, module: any, target: x, interval: 30s, schedule: interval, failure_threshold: 1, failover: { max_duration: 10m } }
groups: [{ name: all, members: [web] }]
`;

async function setup() {
  const clock = manualClock();
  const history = createMemoryHistory(clock, seconds(86_400));
  const steer = { up: true, stoppedFor: seconds(0) };
  const prober: Prober = {
    kind: "steered",
    metrics: [],
    reasons: ["timeout"],
    schema: {},
    costly: false,
    compile: (options) => options,
    async probe({ address }) {
      clock.block(steer.stoppedFor);
      const beat = {
        heartbeat: address,
        source: "lease",
        lastSeen: clock.now(),
        timeout: seconds(60),
      } as const;
      return { outcome: steer.up ? succeeded : failed("timeout", ""), samples: [], beats: [beat] };
    },
  };
  const exporter = await startLocalExporter({
    yaml: YAML,
    files: { control: "control" },
    probers: [prober],
    clock,
    history,
  });
  const pass = async (length: number): Promise<void> => {
    for (let passed = 0; passed < length; passed += 5) {
      clock.advance(seconds(5));
      for (let turns = 0; turns < 3; turns += 1) await settle();
    }
  };
  await pass(35);
  return {
    clock,
    exporter,
    steer,
    pass,
    events: async () =>
      (await history.events({ limit: 100 })).map(({ kind, subject, to }) => `${kind} ${subject} ${to}`),
    /** Stops the exporter, and gives it a moment in which no probe is due. */
    async stop(length: Seconds) {
      clock.block(length);
      clock.advance(seconds(1));
      for (let turns = 0; turns < 3; turns += 1) await settle();
    },
    metrics: async () => (await fetch(`${exporter.url}/metrics`)).text(),
    [Symbol.asyncDispose]: () => exporter[Symbol.asyncDispose](),
  };
}

describe("an absence of the exporter", () => {
  test("is logged and exposed", async () => {
    await using world = await setup();
    await world.stop(seconds(60));
    expect(world.exporter.logged).toContainEqual({
      level: "warn",
      message: "the exporter did not run for 1m0s, which does not count as silence",
      fields: { absence: 60 },
    });
    expect(valueOf(await world.metrics(), "heartbeat_exporter_absence_seconds_total")).toBe(60);
  });

  test("makes no old result an event", async () => {
    await using world = await setup();
    const before = await world.events();
    await world.stop(seconds(3600));
    await world.pass(120);
    expect(await world.events()).toEqual(before);
  });

  test("makes no component and no lease silent", async () => {
    await using world = await setup();
    const report = await fetch(`${world.exporter.url}/api/v1/components/queue`, {
      method: "PUT",
      headers: { Authorization: "Bearer control" },
      body: '{"status":"healthy","ttl":"1m"}',
    });
    expect(report.status).toBe(200);
    world.clock.advance(seconds(10));
    world.clock.block(seconds(3600));
    const text = await world.metrics();
    expect(valueOf(text, "heartbeat_up", { heartbeat: "x" })).toBe(1);
    expect(valueOf(text, "heartbeat_component_status", { component: "queue", status: "healthy" })).toBe(1);
  });

  test("fails no probe that was in flight", async () => {
    await using world = await setup();
    Object.assign(world.steer, { up: false, stoppedFor: seconds(60) });
    await world.pass(5);
    await world.pass(30);
    const counted = valueOf(await world.metrics(), "heartbeat_failures_total", { reason: "timeout" });
    expect(counted).toBeGreaterThan(0);
    expect(valueOf(await world.metrics(), "heartbeat_consecutive_failures", { target: "web" })).toBe(0);
    world.steer.stoppedFor = seconds(0);
    await world.pass(60);
    expect(valueOf(await world.metrics(), "heartbeat_current_mode", { mode: "fallback" })).toBe(1);
  });

  test("makes no fallback overdue before a probe could end it", async () => {
    await using world = await setup();
    world.steer.up = false;
    await world.pass(35);
    const overdue = (): number =>
      world.exporter.logged.filter(({ message }) => message.includes("longer than its longest duration"))
        .length;
    await world.stop(seconds(3600));
    expect(overdue()).toBe(0);
    await world.pass(40);
    expect(overdue()).toBe(1);
  });
});
