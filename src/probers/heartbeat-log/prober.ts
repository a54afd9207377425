import { defined } from "../../core/defined.ts";
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
  type Warning,
} from "../../core/prober.ts";
import { after, rfc3339, seconds, timestamp } from "../../core/units.ts";
import { findLogs, isPath, isPattern } from "./find-files.ts";
import { type FollowResult, followFile } from "./follow-file.ts";
import { followRemote, shownAddress } from "./follow-remote.ts";
import { singleFile } from "./log-files.ts";
import { hashOf, type LogState, newLogState, readLogState } from "./log-state.ts";
import { fieldMetrics, logMetrics } from "./metrics.ts";
import { compileHeartbeatLog, type HeartbeatLogModule } from "./options.ts";
import { DeadlineError, type LogProblem, problem, untilAborted } from "./problem.ts";
import { type HeartbeatLogReason, heartbeatLogReasons } from "./reasons.ts";
import { logSamples } from "./samples.ts";
import { type HeartbeatLogOptions, heartbeatLogSchema } from "./schema.ts";
import { noCounts } from "./tally.ts";
import { heartbeatOf, problemOf } from "./verdict.ts";

/**
 * Follows a log into which a service writes heartbeats. A probe reads the new lines, and fails if the newest heartbeat is
 * too old.
 * @example
 * const module = heartbeatLogProber.compile({ paths: ["/var/log/petrosa"], timeout: "2m" }, compileContext);
 * const { outcome } = await heartbeatLogProber.probe({ address: "/var/log/petrosa/app.log", configured: true }, module, context);
 * heartbeatLogProber.dispose(module);
 */
export const heartbeatLogProber = {
  kind: "heartbeat_log",
  metrics: [...Object.values(logMetrics), ...fieldMetrics],
  reasons: heartbeatLogReasons,
  schema: heartbeatLogSchema,
  costly: false,
  hangsAsOne: true,
  compile: compileHeartbeatLog,
  objection,
  // A module is for the files in `paths`; other addresses that anyone may have it fetch need an entry.
  configuredOnly: () => true,
  probe: (target, module, context) => module.descriptors.during(() => probeLog(target, module, context)),
  dispose: ({ descriptors }) => descriptors.close(),
} satisfies Prober<HeartbeatLogOptions, HeartbeatLogModule, HeartbeatLogReason>;

/** Most logs of a module whose state is stored; beyond that the least recently probed ones are evicted. */
const MOST_STORED = 4000;

/** The part of a result that one log contributes. */
interface LogResult {
  readonly samples: readonly Sample[];
  readonly heartbeat: HeartbeatState;
  /** Absent if the log is healthy. */
  readonly problem: LogProblem | undefined;
  readonly warnings: readonly Warning[];
}

const urlOf = (address: string): URL | undefined =>
  /^https?:\/\//i.test(address) ? (URL.parse(address) ?? undefined) : undefined;

/** Objects to an address that is neither a path in `paths` nor a URL. */
function objection({ address, configured }: ProbeTarget, module: HeartbeatLogModule): Objection | undefined {
  const url = urlOf(address);
  if (url !== undefined || !configured) return undefined;
  if (!isPath(address))
    return { part: "target", want: "an absolute path or pattern without .., or an http or https URL" };
  return module.roots.length === 0
    ? { part: "target", want: "an http or https URL, because the module has no paths" }
    : undefined;
}

async function probeLog(
  target: ProbeTarget,
  module: HeartbeatLogModule,
  context: ProbeContext,
): Promise<ProbeResult<HeartbeatLogReason>> {
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
      problem(
        "forbidden_target",
        `${address} is neither an absolute path without .. nor an http or https URL`,
      ),
    );
  const files = isPattern(address) ? await matchingLogs(address, module, context) : [singleFile(address)];
  if ("reason" in files) return refused(files);
  const logs: LogResult[] = [];
  const deps = {
    ...context,
    rules: module.rules,
    roots: module.roots,
    initialRead: module.initialRead,
    descriptors: module.descriptors,
  };
  for (const file of files) {
    const follow = (before: LogState) => followFile(file, before, deps);
    logs.push(await readLog(file.name, file.name, follow, module, context));
  }
  return resultOf(logs, module);
}

/** Returns the result of a probe that read no log. */
const refused = ({ reason, detail }: LogProblem): ProbeResult<HeartbeatLogReason> => ({
  outcome: failed(reason, detail),
  samples: [],
});

/** Finds the logs of a pattern before the deadline. */
async function matchingLogs(
  pattern: string,
  { roots, ignoreOlder }: HeartbeatLogModule,
  { signal, clock, memory }: ProbeContext,
) {
  const since = ignoreOlder === undefined ? undefined : after(clock.now(), seconds(-ignoreOlder));
  try {
    const isKnown = (path: string): boolean => memory.get(path) !== undefined;
    return await findLogs(pattern, { roots, since, isKnown }, signal);
  } catch (error) {
    if (error instanceof DeadlineError)
      return problem("timeout", `the files of ${pattern} were not found before the deadline`);
    throw error;
  }
}

/** Reads one log from the position at which the last probe stopped. Probes of the same log wait for each other. */
async function readLog(
  heartbeat: string,
  key: string,
  follow: (before: LogState) => Promise<FollowResult>,
  module: HeartbeatLogModule,
  { memory, signal, clock, log }: ProbeContext,
): Promise<LogResult> {
  const { activeReads } = module;
  const restore = (): LogState => readLogState(memory.get(key)) ?? newLogState();
  let before = noCounts();
  const read = (): Promise<FollowResult> => {
    const restored = restore();
    before = { ...restored.counts };
    return follow(restored);
  };
  const followed = await inTurn(activeReads, key, signal, read).catch((error: unknown): FollowResult => {
    if (!(error instanceof DeadlineError)) throw error;
    return {
      state: restore(),
      problem: problem("timeout", `${heartbeat} is still being read by another probe`),
    };
  });
  const { state } = followed;
  log("read the log", {
    log: heartbeat,
    lines: state.counts.lines - before.lines,
    heartbeats: state.counts.heartbeats - before.heartbeats,
    ...(state.last === undefined ? {} : { last_seen: rfc3339(timestamp(state.last.at)) }),
    ...defined({ problem: followed.problem?.detail }),
  });
  // The state of a log that never existed is not stored.
  if (state !== memory.get(key) && state.positions.length > 0) store(memory, key, state);
  const heartbeatState = heartbeatOf(heartbeat, state, module);
  const isKnown = state.positions.length > 0;
  return {
    samples: isKnown ? logSamples(heartbeat, state, module.fields, module.rules.zone) : [],
    heartbeat: heartbeatState,
    problem: problemOf(heartbeatState, state, followed.problem, clock.now()),
    warnings: followed.unknownTime === undefined ? [] : [unknownTime(heartbeat, followed.unknownTime)],
  };
}

const unknownTime = (heartbeat: string, text: string): Warning => ({
  topic: heartbeat,
  message: `${heartbeat}: the time ${JSON.stringify(text)} of its heartbeats is in no known form, so the time of reading counts`,
});

/** Serializes reads of the same log. */
async function inTurn<T>(
  activeReads: Map<string, Promise<unknown>>,
  key: string,
  signal: AbortSignal,
  run: () => Promise<T>,
): Promise<T> {
  for (let other = activeReads.get(key); other !== undefined; other = activeReads.get(key))
    await untilAborted(other, signal);
  if (signal.aborted) throw new DeadlineError();
  const running = run();
  const turn = running.catch(() => {}).then(() => void activeReads.delete(key));
  activeReads.set(key, turn);
  return running;
}

/** Stores the state of a log, and evicts the oldest tenth if there are too many. */
function store(memory: StateStore, key: string, state: LogState): void {
  const isNew = memory.get(key) === undefined;
  memory.put(key, state);
  if (!isNew) return;
  const all = [...memory.entries()];
  if (all.length <= MOST_STORED) return;
  const oldest = all
    .map(([name, value]) => ({ name, at: readLogState(value)?.lookedAt ?? 0 }))
    .toSorted((a, b) => a.at - b.at);
  for (const { name } of oldest.slice(0, MOST_STORED / 10)) memory.delete(name);
}

/** Combines the results of all logs. With `match: any` one healthy log is enough. */
function resultOf(
  logs: readonly LogResult[],
  { matchAll }: HeartbeatLogModule,
): ProbeResult<HeartbeatLogReason> {
  const problems = logs.flatMap((log) => log.problem ?? []);
  const warnings = logs.flatMap((log) => log.warnings);
  const [first] = problems;
  const ok = first === undefined || (!matchAll && problems.length < logs.length);
  const share = logs.length > 1 ? `${problems.length} of ${logs.length} logs: ` : "";
  return {
    outcome: ok ? succeeded : failed(first.reason, `${share}${first.detail}`),
    samples: logs.flatMap(({ samples }) => samples),
    beats: logs.map(({ heartbeat }) => heartbeat),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}
