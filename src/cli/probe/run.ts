import type { Config } from "../../config/config.ts";
import { defined } from "../../core/defined.ts";
import { createMemory } from "../../core/memory.ts";
import { dollarsOf } from "../../core/money.ts";
import type { Result } from "../../core/result.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { createEngine, type Engine } from "../../engine/engine.ts";
import type { ProbeRequest } from "../../engine/probe-request.ts";
import { openNetwork } from "../../probers/network/network.ts";
import { responseMemory } from "../../probers/response-memory.ts";
import { EXIT, type Shell } from "../shell.ts";
import type { ProbeRun } from "./ended.ts";
import { openSelection } from "./open-selection.ts";
import type { ProbeSelection, TargetSelector } from "./selection.ts";
import { probesDebug, probesExposition, probesJson, probesTable } from "./show.ts";

/** The arguments and flags of `heartbeat-exporter probe`. */
export interface ProbeFlags extends TargetSelector {
  readonly configFile?: string;
  readonly timeout?: Seconds;
  readonly form: "table" | "json" | "exposition" | "debug";
}

/** The timeout of a probe whose module has none: Prometheus' default scrape timeout. */
const DEFAULT_TIMEOUT = seconds(10);

/** Interval at which the progress line is redrawn. */
const PROGRESS_EVERY = seconds(0.2);

/** Probes the selected targets once and prints the results. Resolves to the exit code. */
export async function runProbes(flags: ProbeFlags, shell: Shell): Promise<number> {
  const { config, selections } = await openSelection(flags, shell);
  const runs = await probeOnce(selections, config, shell, flags.timeout);
  switch (flags.form) {
    case "json":
      shell.out(probesJson(runs));
      break;
    case "exposition":
      shell.out(probesExposition(runs));
      break;
    case "debug":
      shell.out(probesDebug(runs));
      break;
    case "table":
      shell.out(probesTable(runs, shell.colours));
      break;
  }
  return runs.every(({ result }) => result.outcome.ok) ? EXIT.good : EXIT.failed;
}

/**
 * Runs the selected probes concurrently in an engine of their own, within the limits of the configuration.
 * @param longest upper limit for the timeout of each probe
 */
export async function probeOnce(
  selections: readonly ProbeSelection[],
  config: Config,
  shell: Shell,
  longest?: Seconds,
): Promise<readonly ProbeRun[]> {
  const { clock } = shell;
  responseMemory.setTotal(config.limits.responseMemory);
  const engine = createEngine({
    clock,
    memory: createMemory(),
    limits: config.limits,
    network: openNetwork,
    onResult: () => {},
    onBug: (module, _target, error) =>
      shell.err(`bug: the prober of module ${module.name} threw: ${String(error)}\n`),
  });
  const pending = new Set(selections.map(({ name }) => name));
  const stopProgress = showProgress(pending, selections.length, shell);
  const runs = await Promise.all(
    selections.map(async ({ name, request }): Promise<ProbeRun> => {
      const { target, module } = request;
      const timeout = seconds(Math.min(module.timeout ?? DEFAULT_TIMEOUT, longest ?? Infinity));
      const result = await resultOf(engine, request, timeout);
      pending.delete(name);
      const dollars = result.spent === undefined ? undefined : dollarsOf(config.prices, result.spent);
      return { name, target, module, result, ...defined({ dollars }) };
    }),
  );
  stopProgress();
  for (const { prober, options } of new Set(config.modules.values())) prober.dispose?.(options);
  return runs;
}

async function resultOf(engine: Engine, request: ProbeRequest, timeout: Seconds): Promise<Result> {
  const answer = await engine.probe(request, { timeout, force: true });
  if (answer.kind === "result") return answer.result;
  throw new Error(`a forced probe returned ${answer.kind}, want a result`);
}

/** Shows on a terminal which probes are pending. Returns the function that stops it. */
function showProgress(pending: ReadonlySet<string>, total: number, shell: Shell): () => void {
  const { clock } = shell;
  const started = clock.monotonic();
  let cancel = (): void => {};
  const show = (): void => {
    const passed = (clock.monotonic() - started).toFixed(1);
    shell.progress(
      `${total - pending.size} of ${total} probed, ${passed} s, waiting for ${[...pending].join(", ")}`,
    );
    cancel = clock.after(PROGRESS_EVERY, show);
  };
  cancel = clock.after(PROGRESS_EVERY, show);
  return () => {
    cancel();
    shell.progress("");
  };
}
