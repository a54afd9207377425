import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { terminate } from "../helpers/exporter.ts";
import { parseExposition, type Series, valueOf } from "../helpers/exposition.ts";
import { FAULTS, type Fault } from "./soak/faults.ts";
import { startLoad } from "./soak/load.ts";
import { usageByQuarter } from "./soak/quarters.ts";
import { FOLLOWS_S, type Kind, startWorld, TARGETS } from "./soak/world.ts";

/** Length of the run in minutes. An hour is `SOAK_MINUTES=60`. */
const MINUTES = Number(process.env["SOAK_MINUTES"] ?? 4);
/** Time for which a fault lasts, and for which the machine is well after it. */
const FAULT_S = 20;
const REST_S = 20;

/** Reasons of failed probes that are true of a kind at some time of the run. */
const TRUE_REASONS: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  flapping: ["http_status"],
  named: ["dns"],
  record: ["dns", "timeout", "dns_rcode", "rcode"],
};

/** Errors that the faults of the disk cause. */
const OF_THE_STORE = /the store (?:cannot be written|was lost|was made again)/;

const kindOf = (target: string): Kind => target.slice(0, target.lastIndexOf("-")) as Kind;

test(
  "tells the truth under load and through faults of disk, name server and clock, and does not grow",
  async () => {
    await using world = await startWorld();
    const { exporter, prometheus } = world;
    await pause(FOLLOWS_S * 1000);
    const load = startLoad(world);
    const begin = Date.now() / 1000;
    const end = begin + MINUTES * 60;
    const wrong: string[] = [];

    /** Compares the verdicts of all targets whose state is known with the truth. */
    const judge = async (unwell: readonly Kind[], when: string): Promise<void> => {
      const { series } = parseExposition(await exporter.get("/metrics"));
      const verdicts = series.filter(
        ({ name, labels }) =>
          name === "heartbeat_target_healthy" && !/^(extra|flapping)-/.test(labels["target"] ?? ""),
      );
      const differing = verdicts.filter(
        ({ labels, value }) => value !== (unwell.includes(kindOf(labels["target"] ?? "")) ? 0 : 1),
      );
      if (verdicts.length !== TARGETS - 10) wrong.push(`${when}: ${verdicts.length} verdicts`);
      if (differing.length > 0)
        wrong.push(`${when}: ${differing.length} wrong: ${describeSeries(differing)}`);
      const offline = series.filter(({ name, value }) => name === "heartbeat_up" && value !== 1);
      if (offline.length > 0) wrong.push(`${when}: ${describeSeries(offline)}`);
    };
    const endure = async (fault: Fault): Promise<void> => {
      await fault.begin(world);
      await pause(FAULT_S * 1000);
      await judge(fault.unwell, fault.name);
      const page = await exporter.get("/metrics");
      const isUp = valueOf(page, "heartbeat_exporter_store_up") === 1;
      if (isUp === fault.isStoreDown) wrong.push(`${fault.name}: the store is ${isUp ? "up" : "down"}`);
      load.durability();
      await pause(2000);
      const said = load.durability();
      const falsely = fault.isStoreDown ? said["true"] : said["false"];
      if (falsely !== undefined) wrong.push(`${fault.name}: ${JSON.stringify(said)} answers were durable`);
      await fault.end(world);
      await pause(REST_S * 1000);
      await judge([], `after ${fault.name}`);
    };
    for (let turn = 0; Date.now() / 1000 < end - (FAULT_S + REST_S); turn += 1) {
      const fault = FAULTS[turn % FAULTS.length] as Fault;
      await endure(fault);
      const healthy = Math.round(load.longestHealthy());
      const seen = [...wrong, ...load.wrong];
      console.log(
        `${Math.round(Date.now() / 1000 - begin)} s, ${fault.name}: /-/healthy at most ${healthy} ms, ${seen.length} wrong`,
        ...seen.slice(-3),
      );
    }
    await pause(Math.max(0, end - Date.now() / 1000) * 1000);
    await load.stop();

    const { series } = parseExposition(await exporter.get("/metrics"));
    const failures = series.filter(
      ({ name, labels, value }) =>
        name === "heartbeat_failures_total" &&
        value > 0 &&
        TRUE_REASONS[kindOf(labels["target"] ?? "")]?.includes(labels["reason"] ?? "") !== true,
    );
    if (failures.length > 0) wrong.push(describeSeries(failures));
    const probes = series
      .filter(({ name }) => name === "heartbeat_health_checks_total")
      .reduce((sum, { value }) => sum + value, 0);
    const quarters = await usageByQuarter(prometheus, begin, end);
    console.table(quarters);
    console.log(`${probes} probes`, Object.fromEntries(load.counts));
    const range = `[${Math.ceil(end - begin)}s] @ ${end}`;
    const alerts = await prometheus.query(
      `count by (alertname, target, heartbeat) (count_over_time(ALERTS{alertstate="firing"}${range}))`,
    );
    const aboutWell = alerts.filter(
      ({ metric }) =>
        /^(page|banner|chat|job)-/.test(metric["target"] ?? metric["heartbeat"] ?? "") &&
        // Compares the time at which a run began, by a clock that is an hour behind, with that of Prometheus.
        metric["alertname"] !== "HeartbeatRunningTooLong",
    );
    const missed = await prometheus.query(
      `count_over_time((up == 0)[${Math.ceil(end - begin)}s:5s] @ ${end})`,
    );
    const errors = exporter.process
      .output()
      .split("\n")
      .filter((line) => /level=error|Unhandled|^\s+at /.test(line) && !OF_THE_STORE.test(line));

    expect([...wrong, ...load.wrong]).toEqual([]);
    expect(aboutWell).toEqual([]);
    expect(missed).toEqual([]);
    expect(errors).toEqual([]);
    expect(probes).toBeGreaterThan(MINUTES * 60 * 95);
    expect(world.receiver.accepted.size).toBeGreaterThan(0);
    const [first, , , last] = quarters;
    expect(last?.descriptors).toBeLessThan((first?.descriptors ?? 0) + 20);
    expect(last?.rss).toBeLessThan((first?.rss ?? 0) * 1.2);
    const { exit } = await terminate(exporter);
    expect(exit).toEqual({ code: 0, signal: null });
  },
  (MINUTES + 5) * 60_000,
);

const describeSeries = (series: readonly Series[]): string =>
  series
    .slice(0, 5)
    .map(({ name, labels, value }) => `${name}${JSON.stringify(labels)} ${value}`)
    .join(", ");
