import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
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
import { withoutAddressSecrets } from "./address-secrets.ts";
import type { Deadline } from "./deadline.ts";
import type { Gate } from "./limits.ts";
import type { ProbeRequest } from "./probe-request.ts";

/** Time that a prober has to stop after its signal aborted. Then the engine no longer waits for it. */
const GRACE = seconds(0.5);

/** Shortest uncertainty of a duration that is noted; two clocks read one after the other differ by less. */
const SHORTEST_UNCERTAINTY = seconds(0.001);

/** Most lines in the log of one probe. Further lines are dropped. */
const LOG_LINES = 500;

/** The reason for which probes abort at shutdown. They have no result, as they say nothing about their targets. */
export class ShutdownError extends Error {
  override readonly name = "ShutdownError";

  constructor() {
    super("the exporter is shutting down");
  }
}

/** Thrown if a probe is skipped after it waited for a free slot. It has no result. */
export class SkippedError extends Error {
  override readonly name = "SkippedError";
  readonly skip: Skip;

  constructor(skip: Skip) {
    super(skip.detail);
    this.skip = skip;
  }
}

/** The parts that a probe needs. */
export interface RunDeps {
  readonly clock: Clock;
  readonly memory: Memory;
  readonly gate: Gate;
  /** Opens the network for one probe, until its signal aborts. */
  readonly network: (module: Module, target: ProbeTarget, signal: AbortSignal, clock: Clock) => Network;
  /** Delays the start of a costly probe while others start. */
  readonly stagger: (share: string) => Promise<void> | undefined;
  /** Is aborted at shutdown, as the deadline is then. */
  readonly shutdown: AbortSignal;
  readonly nextId: () => number;
  /** Called when a probe has its slot. Returns why it must not be sent any more. */
  readonly skip: () => Skip | undefined;
  /** Called if the prober throws or does not stop, which is a bug of the exporter. */
  readonly onBug: (module: Module, target: ProbeTarget, error: unknown) => void;
}

/**
 * Runs one probe within its deadline, and adds the engine's fields to the prober's result. Waiting for a free slot counts
 * against the deadline but not in the duration, which is the target's.
 * @returns the result. Rejects with `ShutdownError` if the exporter shuts down first, with `SkippedError` if the probe must
 * not be sent any more, and with nothing else.
 */
export async function runProbe(
  { target, module, slotUser }: ProbeRequest,
  deadline: Deadline,
  deps: RunDeps,
): Promise<Result> {
  const { clock: engineClock, memory, gate, stagger, shutdown } = deps;
  if (shutdown.aborted) throw shutdown.reason;
  const { signal } = deadline;
  const log: LogLine[] = [];
  const clock = engineClock.forProbe();
  let startedAt = clock.now();
  let started = clock.monotonic();
  let passedFrom = engineClock.monotonic();
  const addLine: ProbeLog = (message, fields) => {
    if (log.length === LOG_LINES) return;
    const at = seconds(clock.arrival().earliest - started);
    log.push({ at, message, ...defined({ fields }) });
  };

  let release: (() => void) | undefined;
  let probed: ProbeResult;
  let took: Seconds;
  let uncertainty: Seconds;
  try {
    release = gate.tryEnter(slotUser) ?? (await gate.enter(slotUser, signal).catch(() => undefined));
    // A prompt takes a millisecond of work before its first byte is sent.
    const delay = module.prober.costly ? stagger(slotUser.share) : undefined;
    if (delay !== undefined) await delay;
    const skip = release === undefined ? undefined : deps.skip();
    if (skip !== undefined) throw new SkippedError(skip);
    startedAt = clock.now();
    started = clock.monotonic();
    passedFrom = engineClock.monotonic();
    probed =
      release === undefined
        ? failure(
            failed(
              "queue_timeout",
              "no slot became free before the deadline: the limit of concurrent probes, or the share of this host, is reached",
            ),
          )
        : await boundedProbe(
            target,
            module,
            {
              signal,
              clock,
              log: addLine,
              memory: memory.namespace(`prober/${module.prober.kind}/${module.name}`),
              network: deps.network(module, target, signal, clock),
            },
            deps,
          );
    // Nothing arrived at the deadline, which counts the time that the loop ran.
    took = seconds((signal.aborted ? clock.monotonic() : clock.arrival().earliest) - started);
    uncertainty = seconds(engineClock.monotonic() - passedFrom - took);
  } finally {
    release?.();
    deadline.cancel();
  }
  if (shutdown.aborted) throw shutdown.reason;

  const output = withoutAddressSecrets(target, { probed, log });
  return {
    ...output.probed,
    id: deps.nextId(),
    startedAt,
    endedAt: clock.now(),
    duration: probed.duration ?? took,
    ...(uncertainty < SHORTEST_UNCERTAINTY ? {} : { uncertainty }),
    timeout: deadline.timeout(),
    log: output.log,
  };
}

const failure = (outcome: Outcome): ProbeResult => ({ outcome, samples: [] });

/** Turns a prober's bug, to throw or to ignore its signal, into a failed probe with the reason `internal`. */
async function boundedProbe(
  target: ProbeTarget,
  module: Module,
  context: ProbeContext,
  { onBug }: RunDeps,
): Promise<ProbeResult> {
  const { signal, clock } = context;
  let cancelGrace: (() => void) | undefined;
  const overrun = Promise.withResolvers<ProbeResult>();
  const onAbort = (): void => {
    cancelGrace = clock.timeout(GRACE, () => {
      const error = new Error(`prober ${module.prober.kind} did not stop at its deadline`);
      onBug(module, target, error);
      overrun.resolve(failure(failed("internal", error.message)));
    });
  };
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([module.prober.probe(target, module.options, context), overrun.promise]);
  } catch (error) {
    onBug(module, target, error);
    return failure(failed("internal", error instanceof Error ? error.message : String(error)));
  } finally {
    signal.removeEventListener("abort", onAbort);
    cancelGrace?.();
  }
}
