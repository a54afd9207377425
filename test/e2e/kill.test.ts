import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { ExporterProcess } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { waitUntil } from "../helpers/process.ts";
import { FAULTS, SAID } from "./kill/faults.ts";
import { createRegisters } from "./kill/registers.ts";
import { oneOf, startWorld, TARGETS, type World } from "./kill/world.ts";

/** Number of kills, of both tests together; HEARTBEAT_TEST_KILLS sets another one. */
const KILLS = Number(process.env["HEARTBEAT_TEST_KILLS"] ?? 200);
const FAULTY_KILLS = Math.ceil(KILLS * 0.3);
const PLAIN_KILLS = KILLS - FAULTY_KILLS;

/** Age in milliseconds from which on what no answer has confirmed, such as counters, must survive a kill. */
const DURABLE_AFTER = 1000;

/** The counters of a scrape, and the time of its request. */
interface CountersAt {
  readonly at: number;
  readonly counters: ReadonlyMap<string, number>;
}

const COUNTERS = [
  ["heartbeat_health_checks_total", { status: "success" }],
  ["heartbeat_health_checks_total", { status: "failure" }],
  ["heartbeat_health_check_duration_seconds_count", { status: "failure" }],
  ["heartbeat_failures_total", { reason: "http_status" }],
  ["heartbeat_failover_events_total", { type: "triggered" }],
  ["heartbeat_last_probe_timestamp_seconds", {}],
] as const;

const countersOf = (text: string): Map<string, number> =>
  new Map(
    TARGETS.flatMap((target) =>
      COUNTERS.map(([name, labels]) => [
        `${target} ${name} ${JSON.stringify(labels)}`,
        valueOf(text, name, { target, ...labels }) ?? 0,
      ]),
    ),
  );

/** Sends commands until the exporter is killed after `time` milliseconds. The last one is killed before or after its answer. */
async function commandUntilKill(
  world: World,
  exporter: ExporterProcess,
  time: number,
  { beside, beforeKill }: { beside?: () => Promise<unknown>; beforeKill?: () => Promise<void> },
): Promise<void> {
  const life = new AbortController();
  const killing = (async () => {
    await pause(time);
    await beforeKill?.();
    life.abort();
    exporter.process.kill("SIGKILL");
  })();
  while (!life.signal.aborted) {
    try {
      await world.command(exporter);
      await beside?.();
    } catch (error) {
      if (!life.signal.aborted) throw error;
    }
    await pause(Math.random() * 20);
  }
  await killing;
  await exporter.process.exited;
}

/** A short life, or one that is long enough for counters to become durable. */
const lifetime = (): number => (Math.random() < 0.8 ? 50 + Math.random() * 400 : 1100 + Math.random() * 700);

describe("kill -9 at any moment", () => {
  it(
    `loses nothing that was answered as durable, and nothing that is older than a second, ${PLAIN_KILLS} times`,
    async () => {
      const registers = createRegisters();
      await using world = await startWorld(registers);
      const scrapes: CountersAt[] = [];
      let killedAt: number | undefined;
      let lastLog = "";
      for (let kill = 0; kill <= PLAIN_KILLS; kill += 1) {
        await using exporter = await world.start();
        const begun = Date.now();
        const text = await exporter.get("/metrics");
        const actual = await world.read(exporter);
        const violations = [...registers.lost(actual), ...world.misjudged(text)];
        if (killedAt !== undefined) {
          violations.push(
            ...lostCounts(text, scrapes, killedAt - DURABLE_AFTER),
            ...wrongDown(text, Date.now() - killedAt),
          );
        }
        const counted = [...countersOf(text)]
          .filter(([key]) => key.includes("health_checks_total"))
          .reduce((sum, [, value]) => sum + value, 0);
        if (counted > world.probed()) violations.push(`counted ${counted} probes of ${world.probed()}`);
        if (valueOf(text, "heartbeat_exporter_store_up") !== 1) violations.push("the store is down");
        if (kill > 0 && SAID.test(exporter.process.stderr())) violations.push("said that something was lost");
        if (violations.length > 0) violations.push(`kill ${kill}`, lastLog, exporter.process.stderr());
        expect(violations).toEqual([]);
        // What the kill lost stays lost: from here on, the present values have to survive.
        registers.reset(actual);
        scrapes.splice(0, scrapes.length, { at: begun, counters: countersOf(text) });

        await commandUntilKill(world, exporter, lifetime(), {
          beside: async () => {
            const name = `/${oneOf(TARGETS)}`;
            if (world.down.has(name)) world.down.delete(name);
            else world.down.add(name);
            const at = Date.now();
            scrapes.push({ at, counters: countersOf(await exporter.get("/metrics")) });
          },
        });
        killedAt = Date.now();
        lastLog = exporter.process.stderr();
      }

      const { path } = world;
      {
        await using exporter = await world.start();
        await waitUntil("all deliveries", async () => {
          await exporter.get("/metrics");
          return world.undelivered().length === 0 ? true : undefined;
        }).catch(() => {});
        expect(world.undelivered()).toEqual([]);
      }
      expect((await readdir(dirname(path))).filter((name) => /corrupt|displaced/.test(name))).toEqual([]);
      const db = new DatabaseSync(path);
      expect(db.prepare("pragma integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
      const rows = Number(
        db
          .prepare(
            "select count(*) as n from results r join targets t on t.id = r.target where t.module = 'web'",
          )
          .get()?.["n"],
      );
      db.close();
      expect(rows).toBeLessThanOrEqual(world.probed());
      // A kill may lose a second of 12 probes, and those in flight.
      expect(rows).toBeGreaterThan(world.probed() - (PLAIN_KILLS + 1) * 18);
    },
    KILLS * 20_000 + 60_000,
  );

  it(
    `loses nothing silently if something happens to its files as well, ${FAULTY_KILLS} times`,
    async () => {
      const registers = createRegisters();
      await using world = await startWorld(registers);
      let mayHaveLost = true;
      let story = "";
      let lastLog = "";
      for (let kill = 0; kill <= FAULTY_KILLS; kill += 1) {
        await using exporter = await world.start();
        const actual = await world.read(exporter);
        const lost = registers.lost(actual);
        const isSaid = SAID.test(exporter.process.stderr());
        if (lost.length > 0 && !(mayHaveLost && isSaid))
          expect([`kill ${kill}: ${story}`, ...lost, lastLog, exporter.process.stderr()]).toEqual([]);
        expect(valueOf(await exporter.get("/metrics"), "heartbeat_exporter_store_up")).toBe(1);
        registers.reset(actual);

        const fault = oneOf(FAULTS);
        const when = oneOf(["running", "at its end", "down", "never"]);
        story = `${fault.title}, ${when}`;
        // Changes after the fault are confirmed only once they are in files that will be found again. Until the next write, which is
        // at most a second later, those before it are not.
        mayHaveLost = when === "at its end" || when === "down";
        if (when === "running") {
          await fault.inflict(world.path);
          await world.confirm(exporter);
        }
        await commandUntilKill(world, exporter, 50 + Math.random() * 400, {
          beforeKill: async () => {
            if (when === "at its end") await fault.inflict(world.path);
          },
        });
        lastLog = exporter.process.stderr();
        if (when === "down") await fault.inflict(world.path);
      }
    },
    KILLS * 20_000 + 60_000,
  );
});

/** Describes the counters that are smaller than they were when they became durable. */
function lostCounts(text: string, scrapes: readonly CountersAt[], durable: number): string[] {
  const before = scrapes.findLast(({ at }) => at <= durable);
  const now = countersOf(text);
  return [...(before?.counters ?? [])]
    .filter(([key, value]) => (now.get(key) ?? 0) < value)
    .map(([key, value]) => `${key} was ${value} and is ${now.get(key)}`);
}

/** Describes a wrong downtime: it is at most the time from kill to restart, and the second before the kill. */
function wrongDown(text: string, away: number): string[] {
  const got = valueOf(text, "heartbeat_exporter_down_seconds") ?? -1;
  return got >= 0 && got * 1000 <= away + DURABLE_AFTER + 500 ? [] : [`away for ${away} ms, got ${got} s`];
}
