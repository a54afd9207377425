import type { HeartbeatState } from "../../core/heartbeat.ts";
import type { StateStore } from "../../core/memory.ts";
import type { Sample } from "../../core/metric.ts";
import {
  failed,
  type Objection,
  type ProbeContext,
  type ProbeResult,
  type Prober,
  type ProbeTarget,
  succeeded,
} from "../../core/prober.ts";
import { after, seconds } from "../../core/units.ts";
import { findFiles, isPath, isPattern } from "./find-files.ts";
import { type FollowResult, followFile } from "./follow-file.ts";
import { followRemote, shownAddress } from "./follow-remote.ts";
import { hashOf, type LogState, newLogState, readLogState } from "./log-state.ts";
import { compileHeartbeatLog, type HeartbeatLogModule } from "./options.ts";
import { DeadlineError, type LogProblem, leftBehind, problem, untilAborted } from "./problem.ts";
import { logSamples } from "./samples.ts";
import { type HeartbeatLogOptions, heartbeatLogSchema } from "./schema.ts";
import { beatOf, problemOf } from "./verdict.ts";

/** Follows the log of a service that writes heartbeats into it: it is well while they come. */
export const heartbeatLogProber = {
  kind: "heartbeat_log",
  schema: heartbeatLogSchema,
  costly: false,
  compile: compileHeartbeatLog,
  objection,
  // A module is for the files in `paths`; other addresses that anyone may have it fetch need an entry.
  configuredOnly: () => true,
  probe: (target, module, context) => module.descriptors.during(() => probeLog(target, module, context)),
  dispose: ({ descriptors }) => descriptors.close(),
} satisfies Prober<HeartbeatLogOptions, HeartbeatLogModule>;

/** Logs of a module that are remembered; those that nobody asked for the longest are forgotten. */
const MOST_REMEMBERED = 1000;

/** One log, what is known of it, and why it is not well, if it is not. */
interface LogReading {
  readonly samples: readonly Sample[];
  readonly beat: HeartbeatState;
  readonly trouble: LogProblem | undefined;
}

const urlOf = (address: string): URL | undefined =>
  /^https?:\/\//i.test(address) ? (URL.parse(address) ?? undefined) : undefined;

function objection({ address, configured }: ProbeTarget, module: HeartbeatLogModule): Objection | undefined {
  const url = urlOf(address);
  if (url !== undefined || !configured) return undefined;
  if (!isPath(address))
    return { part: "target", want: "an absolute path or pattern without .., or an http or https URL" };
  return module.roots.length === 0
    ? { part: "target", want: "an http or https URL, as the paths of its module are empty" }
    : undefined;
}

async function probeLog(
  target: ProbeTarget,
  module: HeartbeatLogModule,
  context: ProbeContext,
): Promise<ProbeResult> {
  const { address } = target;
  const url = urlOf(address);
  if (url !== undefined) {
    const read = (before: LogState) => followRemote(url, before, module, context);
    const shown = shownAddress(url);
    // The rest of the address may be a secret.
    const key = `${shown}#${hashOf(Buffer.from(url.href))}`;
    return resultOf([await readLog(shown, key, read, module, context)], module);
  }
  if (!isPath(address))
    return refused(
      problem("forbidden_target", `${address} is no absolute path without .., nor an http or https URL`),
    );
  const paths = isPattern(address) ? await findFor(address, module, context) : [address];
  if ("reason" in paths) return refused(paths);
  const reads: LogReading[] = [];
  const deps = {
    ...context,
    rules: module.rules,
    roots: module.roots,
    initialRead: module.initialRead,
    descriptors: module.descriptors,
  };
  for (const path of paths) {
    reads.push(await readLog(path, path, (before) => followFile(path, before, deps), module, context));
  }
  return resultOf(reads, module);
}

const refused = ({ reason, detail }: LogProblem): ProbeResult => ({
  outcome: failed(reason, detail),
  samples: [],
});

async function findFor(
  pattern: string,
  { roots, ignoreOlder }: HeartbeatLogModule,
  { signal, clock }: ProbeContext,
) {
  const since = ignoreOlder === undefined ? undefined : after(clock.now(), seconds(-ignoreOlder));
  try {
    return await findFiles(pattern, roots, since, signal);
  } catch (error) {
    if (error instanceof DeadlineError)
      return problem("timeout", `the files of ${pattern} were not found before the deadline`);
    throw error;
  }
}

/** Reads one log from where the last probe stopped. Probes of the same log wait for each other. */
async function readLog(
  heartbeat: string,
  key: string,
  follow: (before: LogState) => Promise<FollowResult>,
  module: HeartbeatLogModule,
  { memory, signal, clock }: ProbeContext,
): Promise<LogReading> {
  const { reading } = module;
  const recall = (): LogState => readLogState(memory.get(key)) ?? newLogState();
  const followed = await inTurn(reading, key, signal, () => follow(recall())).catch(
    (error: unknown): FollowResult => {
      if (!(error instanceof DeadlineError)) throw error;
      return {
        state: recall(),
        problem: problem("timeout", `${heartbeat} is still being read for another probe`),
      };
    },
  );
  const { state } = followed;
  // A log that was never there is nothing to remember.
  if (state !== memory.get(key) && state.positions.length > 0) remember(memory, key, state);
  const beat = beatOf(heartbeat, state, module);
  const isKnown = state.positions.length > 0;
  return {
    samples: isKnown ? logSamples(heartbeat, state, module.fields, module.rules.zone) : [],
    beat,
    trouble: problemOf(beat, state, followed.problem, clock.now()),
  };
}

/** Runs one after the other what reads the same log; what hangs after its deadline keeps its turn, so that no second one hangs as well. */
async function inTurn<T>(
  reading: Map<string, Promise<unknown>>,
  key: string,
  signal: AbortSignal,
  run: () => Promise<T>,
): Promise<T> {
  for (let other = reading.get(key); other !== undefined; other = reading.get(key))
    await untilAborted(other, signal);
  if (signal.aborted) throw new DeadlineError();
  const running = run();
  const turn = running
    .then(
      () => leftBehind(signal),
      () => leftBehind(signal),
    )
    .then(() => void reading.delete(key));
  reading.set(key, turn);
  return running;
}

function remember(memory: StateStore, key: string, state: LogState): void {
  const isNew = memory.get(key) === undefined;
  memory.put(key, state);
  if (!isNew) return;
  const all = [...memory.entries()].map(([name, value]) => ({
    name,
    at: readLogState(value)?.lookedAt ?? 0,
  }));
  if (all.length <= MOST_REMEMBERED) return;
  for (const { name } of all.toSorted((a, b) => a.at - b.at).slice(0, all.length - MOST_REMEMBERED))
    memory.delete(name);
}

/** With `match: any` one log that is well is enough. */
function resultOf(reads: readonly LogReading[], { matchAll }: HeartbeatLogModule): ProbeResult {
  const bad = reads.flatMap(({ trouble }) => trouble ?? []);
  const [first] = bad;
  const ok = first === undefined || (!matchAll && bad.length < reads.length);
  const share = reads.length > 1 ? `${bad.length} of ${reads.length} logs: ` : "";
  return {
    outcome: ok ? succeeded : failed(first.reason, `${share}${first.detail}`),
    samples: reads.flatMap(({ samples }) => samples),
    beats: reads.map(({ beat }) => beat),
  };
}
