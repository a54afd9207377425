import { setTimeout as pause } from "node:timers/promises";
import { startExporter } from "../test/helpers/exporter.ts";
import type { Targets } from "./peers.ts";
import { print, quantile } from "./statistics.ts";

const HTTP_TARGETS = 2_000;
const LLM_TARGETS = 50;
const INTERVAL_S = 10;
const TIMEOUT_MS = 300;
/** The answers of the targets. */
const HTTP_MS = 50;
const FIRST_TOKEN_MS = 100;
const SCRAPE_EVERY_MS = 4_000;
/** Scrapes after which the configuration is reloaded: unchanged, and with a changed interval of one target. */
const UNCHANGED = 3;
const CHANGED = 5;
const SCRAPES = 9;

/**
 * Failures and errors of measured times that are the exporter's own: targets that answer punctually, probed on their interval
 * while `/metrics` is scraped and the configuration reloaded.
 */
export async function stalls(targets: Targets): Promise<void> {
  const yaml = configOf(targets);
  await using exporter = await startExporter({ yaml });
  await targets.slow();
  const durations: number[] = [];
  const firstTokens: number[] = [];
  let text = "";
  for (let i = 1; i <= SCRAPES; i += 1) {
    await pause(SCRAPE_EVERY_MS);
    if (i === CHANGED)
      await exporter.folder.write("exporter.yml", yaml.replace(/interval: \d+s/, "interval: 11s"));
    if (i === UNCHANGED || i === CHANGED) exporter.process.kill("SIGHUP");
    text = await exporter.get("/metrics");
    durations.push(...valuesOf(text, 'probe_duration_seconds{[^}]*module="plain"[^}]*}'));
    firstTokens.push(...valuesOf(text, "probe_llm_time_to_first_token_seconds{[^}]*}"));
  }
  const sum = (series: string): number => valuesOf(text, series).reduce((total, value) => total + value, 0);
  const what = `${HTTP_TARGETS} targets, scraped and reloaded`;
  const reasons = new Set(
    Array.from(
      text.matchAll(/^heartbeat_failures_total\{.*reason="(\w+)".*\} [1-9]/gm),
      ([, reason = ""]) => reason,
    ),
  );
  const failures = Array.from(
    reasons,
    (reason) => `${sum(`heartbeat_failures_total{[^}]*reason="${reason}"[^}]*}`)} ${reason}`,
  );
  print(
    `${what}: failures of ${sum("heartbeat_health_checks_total{[^}]*}")} probes`,
    failures.join(", ") || "0",
  );
  const slow = await targets.slow();
  const late = slow.filter((took) => took >= TIMEOUT_MS).length;
  print(
    `${what}: answers that the targets sent too late`,
    `${late}, p99 ${quantile(slow, 0.99).toFixed(2)} ms`,
  );
  print(`${what}: probe_duration_seconds less the target's ${HTTP_MS} ms`, errors(durations, HTTP_MS));
  print(`${what}: first token less the target's ${FIRST_TOKEN_MS} ms`, errors(firstTokens, FIRST_TOKEN_MS));
  const stalled = sum("heartbeat_exporter_event_loop_stalled_seconds_total");
  print(
    `${what}: time for which the loop stood still`,
    `${stalled.toFixed(2)} s of ${(SCRAPES * SCRAPE_EVERY_MS) / 1000} s`,
  );
}

function configOf({ http }: Targets): string {
  const entries = (count: number, entry: (i: number) => string): string =>
    Array.from(
      { length: count },
      (_, i) => `  - { schedule: interval, interval: ${INTERVAL_S}s, ${entry(i)} }\n`,
    ).join("");
  return `modules:
  plain: { prober: http, timeout: ${TIMEOUT_MS}ms, http: { preferred_ip_protocol: ip4 } }
  chat: { prober: llm, timeout: 5s, llm: { api: openai, expect: { word: HEALTHY } } }
targets:
${entries(HTTP_TARGETS, (i) => `name: t${i}, module: plain, target: "${http}slow?${i}"`)}${entries(LLM_TARGETS, (i) => `name: m${i}, module: chat, target: "${http}v1/${i}", model: m`)}`;
}

const valuesOf = (text: string, series: string): number[] =>
  Array.from(text.matchAll(new RegExp(`^${series} (\\S+)`, "gm")), ([, value]) => Number(value));

function errors(measured: readonly number[], wanted: number): string {
  const sorted = measured.map((value) => value * 1000 - wanted);
  const shown = [0.01, 0.5, 0.99].map((q) => `p${q * 100} ${quantile(sorted, q).toFixed(2)} ms`);
  return `${shown.join(", ")} (${measured.length})`;
}
