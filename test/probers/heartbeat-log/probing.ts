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
import { manualClock } from "../../helpers/clock.ts";
import { valueOf } from "../../helpers/exposition.ts";

/** What `compile` made of options, and what it said. */
export interface Compiled {
  readonly module: HeartbeatLogModule;
  /** `path: got X, want Y` */
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
    secretFile: (file) => knownSecret(readFileSync(file, "utf8").trim()),
    resolvePath: (file) => file,
    environment,
  };
  return { module: heartbeatLogProber.compile(options, context), problems };
}

/** One probe, and what Prometheus would see of it. */
export interface Probed {
  readonly result: ProbeResult;
  /** `ok`, or the reason. */
  readonly verdict: string;
  /** What is told to people about a failure. */
  readonly detail: string;
  readonly text: string;
  /** The value of a series, by the end of its name after `heartbeat_`. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined;
  /** What the probe said about its work. */
  readonly log: readonly string[];
}

export interface ProbeSettings {
  readonly clock?: Clock;
  readonly memory?: Memory;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A module that is probed again and again, as the exporter does until it is restarted. */
export interface Probing {
  readonly module: HeartbeatLogModule;
  readonly probe: (
    address: string,
    more?: Partial<ProbeTarget> & { signal?: AbortSignal },
  ) => Promise<Probed>;
  /** Lets go of what it holds open, as a restart does. */
  readonly dispose: () => void;
}

/** The time at which {@link manualClock} starts. */
export const NOW = 1_757_943_000;

/** Starts probing; with a manual clock at {@link NOW} unless the test brings its own. */
export function start(options: HeartbeatLogOptions, settings: ProbeSettings = {}): Probing {
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
      const result = await heartbeatLogProber.probe(target, module, {
        network: openNetwork(used, target, signal, clock),
        signal,
        clock,
        log: (message) => void log.push(message),
        memory: memory.namespace("prober/heartbeat_log/test"),
      });
      return probed(result, clock, log);
    },
  };
}

function probed(result: ProbeResult, clock: Clock, log: readonly string[]): Probed {
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

/** A heartbeat as the services write it, whose time is that of the test's clock unless it says another. */
export const beat = (count: number, more: Readonly<Record<string, unknown>> = {}): string =>
  `${JSON.stringify({
    event: "💓 HEARTBEAT - System Statistics",
    heartbeat_count: count,
    uptime_seconds: count * 60,
    interval_seconds: 60,
    timestamp: NOW,
    ...more,
  })}\n`;

/** A line that is none. */
export const noise = (text = "processed message"): string =>
  `${JSON.stringify({ event: text, level: "info" })}\n`;
