import { readFileSync } from "node:fs";
import type { Clock } from "../../../src/core/clock.ts";
import { defined } from "../../../src/core/defined.ts";
import { createMemory, type Memory } from "../../../src/core/memory.ts";
import type { CompileContext, ProbeResult, ProbeTarget } from "../../../src/core/prober.ts";
import { knownSecret } from "../../../src/core/secret.ts";
import { seconds } from "../../../src/core/units.ts";
import { resultText } from "../../../src/metrics/page.ts";
import type { HeartbeatLogModule } from "../../../src/probers/heartbeat-log/options.ts";
import { heartbeatLogProber } from "../../../src/probers/heartbeat-log/prober.ts";
import type { HeartbeatLogOptions } from "../../../src/probers/heartbeat-log/schema.ts";
import { openNetwork } from "../../../src/probers/network/network.ts";
import { checkedProber } from "../../helpers/checked-prober.ts";
import { manualClock } from "../../helpers/clock.ts";
import { valueOf } from "../../helpers/exposition.ts";

/** Fields of a heartbeat that are not well-known have metrics of their own. */
const checked = checkedProber(heartbeatLogProber, ({ name }) => name.startsWith("heartbeat_log_"));

/** The result of `compile`: a module, and the problems it reported. */
export interface Compiled {
  readonly module: HeartbeatLogModule;
  /** In the form `path: got X, want Y`. */
  readonly problems: readonly string[];
}

export function compile(
  options: HeartbeatLogOptions,
  environment: Readonly<Record<string, string>> = {},
): Compiled {
  const problems: string[] = [];
  const context: CompileContext = {
    problem: (path, got, want) => void problems.push(`${path.join(".")}: got ${got}, want ${want}`),
    warn: () => {},
    unsupported: () => {},
    secretFile: (file) => knownSecret(readFileSync(file, "utf8").trim()),
    resolvePath: (file) => file,
    environment,
    metricNames: new Set(),
  };
  return { module: heartbeatLogProber.compile(options, context), problems };
}

/** The result of a probe, and its exposition. */
export interface ProbeOutput {
  readonly result: ProbeResult;
  /** The reason of a failure, or `ok`. */
  readonly verdict: string;
  /** The detail of a failure, or an empty text. */
  readonly detail: string;
  readonly text: string;
  /** Returns the value of a series, by its name without `heartbeat_`. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined;
  /** Messages that the probe logged. */
  readonly log: readonly string[];
}

export interface ProbeSettings {
  readonly clock?: Clock;
  readonly memory?: Memory;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Probes a module repeatedly, as an exporter does until its restart. */
export interface ProbeRunner {
  readonly module: HeartbeatLogModule;
  readonly probe: (
    address: string,
    more?: Partial<ProbeTarget> & { signal?: AbortSignal },
  ) => Promise<ProbeOutput>;
  /** Closes all files, as a restart does. */
  readonly dispose: () => void;
}

/** The time at which {@link manualClock} starts. */
export const NOW = 1_757_943_000;

/** Compiles a module for probing. The default clock is a manual one at {@link NOW}. */
export function start(options: HeartbeatLogOptions, settings: ProbeSettings = {}): ProbeRunner {
  const { clock = manualClock(NOW), memory = createMemory(), environment } = settings;
  const { module, problems } = compile(options, environment);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const dispose = (): void => heartbeatLogProber.dispose(module);
  return {
    module,
    dispose,
    async probe(address, { signal = AbortSignal.timeout(15_000), ...more } = {}) {
      const log: string[] = [];
      const target = { address, configured: true, ...more };
      const used = {
        prober: heartbeatLogProber,
        options: module,
        ...defined({ allowedTargets: options.allowed_targets }),
      };
      const result = await checked.probe(target, module, {
        network: openNetwork(used, target, signal, clock),
        signal,
        clock,
        log: (message) => void log.push(message),
        memory: memory.namespace("prober/heartbeat_log/test"),
      });
      return toOutput(result, clock, log);
    },
  };
}

function toOutput(result: ProbeResult, clock: Clock, log: readonly string[]): ProbeOutput {
  const now = clock.now();
  const envelope = {
    id: 1,
    startedAt: now,
    endedAt: now,
    duration: seconds(0),
    timeout: seconds(1),
    log: [],
  };
  const text = resultText({ result: { ...result, ...envelope }, age: seconds(0) });
  const { outcome } = result;
  return {
    result,
    verdict: outcome.ok ? "ok" : outcome.reason,
    detail: outcome.ok ? "" : outcome.detail,
    text,
    value: (name, labels) => valueOf(text, `heartbeat_${name}`, labels),
    log,
  };
}

/** Returns a heartbeat as the services write it, at the time of the test's clock unless `more` has another. */
export const beat = (count: number, more: Readonly<Record<string, unknown>> = {}): string =>
  `${JSON.stringify({
    event: "💓 HEARTBEAT - System Statistics",
    heartbeat_count: count,
    uptime_seconds: count * 60,
    interval_seconds: 60,
    timestamp: NOW,
    ...more,
  })}\n`;

/** Returns a line that is not a heartbeat. */
export const noise = (text = "processed message"): string =>
  `${JSON.stringify({ event: text, level: "info" })}\n`;
