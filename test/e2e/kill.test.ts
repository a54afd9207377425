import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

/** Number of kills; HEARTBEAT_TEST_KILLS sets another one for a longer test. */
const KILLS = Number(process.env["HEARTBEAT_TEST_KILLS"] ?? 8);

/** Age in milliseconds from which on a fact must survive a kill. */
const DURABLE_AFTER = 1000;

const TARGETS = ["a", "b", "c", "d", "e", "f"] as const;
type Name = (typeof TARGETS)[number];
const MODES = ["primary", "fallback"] as const;

/** A command to force a mode, and the time of its successful response. */
interface ForceCommand {
  readonly at: number;
  readonly name: Name;
  readonly mode: string;
}

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

describe("kill -9 at any moment", () => {
  it(
    `loses nothing that is older than a second, ${KILLS} times`,
    async () => {
      let answered = 0;
      const down = new Set<string>();
      await using server = await serveHttp((request, response) => {
        answered += 1;
        response.writeHead(down.has(request.url ?? "") ? 500 : 200).end();
      });
      await using folder = await temporaryFolder();
      const path = join(folder.path, "s.db");
      const yaml = `
control: { token_file: token }
modules: { web: { prober: http, histograms: [failed_duration], timeout: 500ms, http: { preferred_ip_protocol: ip4 } } }
targets:
${TARGETS.map((name) => `  - { name: ${name}, module: web, target: "http://${server.host}/${name}", interval: 500ms, failover: {} }`).join("\n")}
`;
      const forced: ForceCommand[] = [];
      const scrapes: CountersAt[] = [];
      const violations: string[] = [];
      let killedAt: number | undefined;
      let lastLog = "";

      for (let kill = 0; kill <= KILLS; kill += 1) {
        await using exporter = await startExporter({
          yaml,
          files: { token: "the-token" },
          args: [`--storage.path=${path}`],
        });
        const begun = Date.now();
        const text = await exporter.get("/metrics");
        if (killedAt !== undefined) {
          const durable = killedAt - DURABLE_AFTER;
          violations.push(
            ...lostModes(text, forced, durable),
            ...lostCounts(text, scrapes, durable),
            ...wrongDown(text, Date.now() - killedAt),
          );
        }
        const probes = [...countersOf(text)].filter(([key]) => key.includes("health_checks_total"));
        const counted = probes.reduce((sum, [, value]) => sum + value, 0);
        if (counted > answered) violations.push(`counted ${counted} probes of ${answered}`);
        if (valueOf(text, "heartbeat_exporter_store_up") !== 1) violations.push("the store is down");
        if (violations.length > 0) violations.push(`kill ${kill}`, lastLog);
        expect(violations).toEqual([]);
        // What the kill lost stays lost: from here on, the present values have to survive.
        forced.splice(
          0,
          forced.length,
          ...TARGETS.map((name) => ({ at: begun, name, mode: forceOf(text, name) })),
        );
        scrapes.splice(0, scrapes.length, { at: begun, counters: countersOf(text) });

        const until = Date.now() + 1100 + Math.random() * 900;
        while (Date.now() < until) {
          const name = TARGETS[Math.floor(Math.random() * TARGETS.length)] ?? "a";
          if (down.has(`/${name}`)) down.delete(`/${name}`);
          else down.add(`/${name}`);
          const mode = Math.random() < 0.3 ? "auto" : (MODES[Math.floor(Math.random() * 2)] ?? "primary");
          const asked = await fetch(`${exporter.url}/config/force/${mode}?target=${name}`, {
            method: "POST",
            headers: { Authorization: "Bearer the-token" },
          });
          expect(asked.status).toBe(200);
          await asked.text();
          forced.push({ at: Date.now(), name, mode });
          const at = Date.now();
          scrapes.push({ at, counters: countersOf(await exporter.get("/metrics")) });
          await pause(Math.random() * 100);
        }
        exporter.process.kill("SIGKILL");
        killedAt = Date.now();
        await exporter.process.exited;
        lastLog = exporter.process.stderr();
      }

      expect((await readdir(folder.path)).filter((name) => name.includes("corrupt"))).toEqual([]);
      const db = new DatabaseSync(path);
      expect(db.prepare("pragma integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
      const rows = Number(db.prepare("select count(*) as n from results").get()?.["n"]);
      db.close();
      expect(rows).toBeLessThanOrEqual(answered);
      // A kill may lose a second of 12 probes, and those in flight.
      expect(rows).toBeGreaterThan(answered - (KILLS + 1) * 18);
    },
    KILLS * 20_000 + 60_000,
  );
});

/** Returns the mode that a target is forced to, or `auto`. */
const forceOf = (text: string, target: Name): string =>
  valueOf(text, "heartbeat_mode_forced", { target }) === 1
    ? (MODES.find((mode) => valueOf(text, "heartbeat_current_mode", { target, mode }) === 1) ?? "none")
    : "auto";

/** Describes the targets whose mode is neither the durable one nor one that was forced later. */
function lostModes(text: string, forced: readonly ForceCommand[], durable: number): string[] {
  return TARGETS.flatMap((name) => {
    const own = forced.filter((command) => command.name === name);
    const last = own.findLastIndex(({ at }) => at <= durable);
    const possible = own.slice(Math.max(0, last));
    if (last === -1) return [];
    const got = forceOf(text, name);
    const fits = possible.some(({ mode }) => mode === got);
    return fits ? [] : [`${name} is forced ${got}; want ${JSON.stringify(possible)}`];
  });
}

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
