import type { Config } from "../../config/config.ts";
import { defined } from "../../core/defined.ts";
import { createMemory } from "../../core/memory.ts";
import { dollarsOf } from "../../core/money.ts";
import type { Result } from "../../core/result.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { createEngine, type Engine } from "../../engine/engine.ts";
import { openNetwork } from "../../probers/network/network.ts";
import type { ProbeFlags } from "../probe.ts";
import { EXIT, loadConfig, type Shell } from "../shell.ts";
import { choose, type ProbeSelection } from "./choose.ts";
import type { ProbeRun } from "./ended.ts";
import { probesDebug, probesExposition, probesJson, probesTable } from "./show.ts";

/** What a probe may take when neither its module nor a flag says so: Prometheus' own default timeout of a scrape. */
const DEFAULT_TIMEOUT = seconds(10);

/** How often the line about what is going on changes. */
const PROGRESS_EVERY = seconds(0.2);

/** Probes what the flags name, once, and prints what came of it in the form that they want. */
export async function runProbes(flags: ProbeFlags, shell: Shell): Promise<number> {
  const config = await loadConfig(flags.configFile, shell);
  const ended = await probeOnce(choose(flags, config), config, shell, flags.timeout);
  switch (flags.form) {
    case "json":
      shell.out(probesJson(ended));
      break;
    case "exposition":
      shell.out(probesExposition(ended));
      break;
    case "debug":
      shell.out(probesDebug(ended));
      break;
    case "table":
      shell.out(probesTable(ended, shell.colours));
      break;
  }
  return ended.every(({ result }) => result.outcome.ok) ? EXIT.good : EXIT.failed;
}

/** Probes side by side through an engine of their own, within the limits of the configuration. */
export async function probeOnce(
  chosen: readonly ProbeSelection[],
  config: Config,
  shell: Shell,
  longest?: Seconds,
): Promise<readonly ProbeRun[]> {
  const { clock } = shell;
  const engine = createEngine({
    clock,
    memory: createMemory(),
    limits: config.limits,
    network: openNetwork,
    onResult: () => {},
    onBug: (module, _target, error) =>
      shell.err(`a prober failed, which is a bug: module ${module.name}: ${String(error)}\n`),
  });
  const waiting = new Set(chosen.map(({ name }) => name));
  const stopProgress = showProgress(waiting, chosen.length, shell);
  const ended = await Promise.all(
    chosen.map(async ({ name, subject }): Promise<ProbeRun> => {
      const { target, module } = subject;
      const timeout = seconds(Math.min(module.timeout ?? DEFAULT_TIMEOUT, longest ?? Infinity));
      const result = await resultOf(engine, subject, timeout);
      waiting.delete(name);
      const dollars = result.spent === undefined ? undefined : dollarsOf(config.prices, result.spent);
      return { name, target, module, result, ...defined({ dollars }) };
    }),
  );
  stopProgress();
  for (const { prober, options } of new Set(config.modules.values())) prober.dispose?.(options);
  return ended;
}

async function resultOf(
  engine: Engine,
  subject: ProbeSelection["subject"],
  timeout: Seconds,
): Promise<Result> {
  const answer = await engine.probe(subject, { timeout, force: true });
  if (answer.kind === "result") return answer.result;
  throw new Error(`a probe that nothing stands in the way of ended as ${answer.kind}`);
}

/** Says on a terminal who is waited for. Returns the function that ends it. */
function showProgress(waiting: ReadonlySet<string>, total: number, shell: Shell): () => void {
  const { clock } = shell;
  const started = clock.monotonic();
  let cancel = (): void => {};
  const show = (): void => {
    const passed = (clock.monotonic() - started).toFixed(1);
    shell.progress(
      `${total - waiting.size} of ${total} probed, ${passed} s, waiting for ${[...waiting].join(", ")}`,
    );
    cancel = clock.after(PROGRESS_EVERY, show);
  };
  cancel = clock.after(PROGRESS_EVERY, show);
  return () => {
    cancel();
    shell.progress("");
  };
}
