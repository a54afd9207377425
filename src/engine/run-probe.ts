import type { Clock } from "../core/clock.ts";
import type { Memory } from "../core/memory.ts";
import type { Network } from "../core/network.ts";
import {
  failed,
  type Outcome,
  type ProbeContext,
  type ProbeLog,
  type ProbeResult,
  type ProbeTarget,
} from "../core/prober.ts";
import type { LogLine, Result, Skip } from "../core/result.ts";
import type { Module } from "../core/target.ts";
import { type Seconds, seconds } from "../core/units.ts";
import type { Gate } from "./limits.ts";

/** How long a prober may go on after its signal was aborted before the engine stops waiting for it. */
const GRACE = seconds(0.5);

/** Lines of one probe's log that are kept; a prober that logs more is talking to itself. */
const LOG_LINES = 500;

/** Why probes that the exporter's own end cut short were aborted: they say nothing about their targets. */
export class ShutdownError extends Error {
  override readonly name = "ShutdownError";

  constructor() {
    super("the exporter is shutting down");
  }
}

/** A probe that was not sent after all: why changed while it waited for a free place. It has no result. */
export class SkippedError extends Error {
  override readonly name = "SkippedError";
  readonly skip: Skip;

  constructor(skip: Skip) {
    super(skip.detail);
    this.skip = skip;
  }
}

export interface RunDeps {
  readonly clock: Clock;
  readonly memory: Memory;
  readonly gate: Gate;
  /** Opens the network for one probe, until its signal aborts. */
  readonly network: (module: Module, target: ProbeTarget, signal: AbortSignal, clock: Clock) => Network;
  /** The turn of a probe whose beginning takes long. */
  readonly turn: () => Promise<void> | undefined;
  /** The exporter's own end. */
  readonly shutdown: AbortSignal;
  readonly nextId: () => number;
  /** Asked once more when a probe has waited for its place: why it may not be sent any more. */
  readonly skip: () => Skip | undefined;
  /** Told of a prober that threw or did not stop: a bug of the exporter. */
  readonly onBug: (module: Module, target: ProbeTarget, error: unknown) => void;
}

/**
 * Runs one probe within its deadline and puts the prober's result into its envelope. Waiting for a free place counts
 * against the deadline but not into the duration, which is the target's.
 * @returns the result; rejects with `ShutdownError` when the exporter ends first, with `SkippedError` when it may no
 * longer be sent, and with nothing else
 */
export async function runProbe(
  target: ProbeTarget,
  module: Module,
  host: string,
  timeout: Seconds,
  deps: RunDeps,
): Promise<Result> {
  const { clock, memory, gate, turn, shutdown } = deps;
  if (shutdown.aborted) throw shutdown.reason;
  const controller = new AbortController();
  const cancelTimer = clock.after(timeout, () => controller.abort());
  const end = (): void => controller.abort(shutdown.reason);
  shutdown.addEventListener("abort", end, { once: true });

  const log: LogLine[] = [];
  let startedAt = clock.now();
  let started = clock.monotonic();
  const note: ProbeLog = (message, fields) => {
    if (log.length === LOG_LINES) return;
    const at = seconds(clock.monotonic() - started);
    log.push(fields === undefined ? { at, message } : { at, message, fields });
  };

  let leave: (() => void) | undefined;
  let found: ProbeResult;
  try {
    leave = gate.tryEnter(host) ?? (await gate.enter(host, controller.signal).catch(() => undefined));
    // Asking a model takes the exporter a millisecond of work before the first byte leaves.
    const itsTurn = module.prober.costly ? turn() : undefined;
    if (itsTurn !== undefined) await itsTurn;
    const skip = leave === undefined ? undefined : deps.skip();
    if (skip !== undefined) throw new SkippedError(skip);
    startedAt = clock.now();
    started = clock.monotonic();
    found =
      leave === undefined
        ? failure(
            failed(
              "queue_timeout",
              "no place became free before the deadline: the limits of concurrent probes are reached",
            ),
          )
        : await boundedProbe(
            target,
            module,
            {
              signal: controller.signal,
              clock,
              log: note,
              memory: memory.namespace(`prober/${module.prober.kind}/${module.name}`),
              network: deps.network(module, target, controller.signal, clock),
            },
            deps,
          );
  } finally {
    leave?.();
    cancelTimer();
    shutdown.removeEventListener("abort", end);
  }
  if (shutdown.aborted) throw shutdown.reason;

  const duration = found.duration ?? seconds(clock.monotonic() - started);
  return { ...found, id: deps.nextId(), startedAt, endedAt: clock.now(), duration, timeout, log };
}

const failure = (outcome: Outcome): ProbeResult => ({ outcome, samples: [] });

/** A prober that ignores its signal, or throws, must not take the engine along: both are bugs, and failures `internal`. */
async function boundedProbe(
  target: ProbeTarget,
  module: Module,
  context: ProbeContext,
  { onBug }: RunDeps,
): Promise<ProbeResult> {
  const { signal, clock } = context;
  let cancelGrace: (() => void) | undefined;
  let onAbort: (() => void) | undefined;
  const overrun = new Promise<ProbeResult>((resolve) => {
    onAbort = () => {
      cancelGrace = clock.after(GRACE, () => {
        const error = new Error(`prober ${module.prober.kind} did not stop at its deadline`);
        onBug(module, target, error);
        resolve(failure(failed("internal", error.message)));
      });
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([module.prober.probe(target, module.options, context), overrun]);
  } catch (error) {
    onBug(module, target, error);
    return failure(failed("internal", error instanceof Error ? error.message : String(error)));
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
    cancelGrace?.();
  }
}
