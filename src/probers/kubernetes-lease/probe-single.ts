import { defined } from "../../core/defined.ts";
import type { HeartbeatState } from "../../core/heartbeat.ts";
import { type LeaseApi, type LeaseRecord, type LeaseSpec, readMicroTime } from "../../core/lease.ts";
import { type Sample, sample } from "../../core/metric.ts";
import {
  failed,
  type Outcome,
  type ProbeContext,
  type ProbeResult,
  type ProbeTarget,
  succeeded,
} from "../../core/prober.ts";
import { truncate } from "../../core/truncate.ts";
import { after, type Seconds, seconds, type Timestamp } from "../../core/units.ts";
import { leaseMetrics } from "./metrics.ts";
import { missRead, type Observation, observe, recall } from "./observation.ts";
import type { LeaseReason } from "./reasons.ts";

/** A module whose targets are single Leases. */
export interface SingleModule {
  readonly kind: "single";
  readonly api: LeaseApi;
  readonly timeout?: Seconds;
  readonly expectedHolder?: string;
}

/** Namespace and name of a Lease: a label and a subdomain (RFC 1123). */
export const ADDRESS = /^([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\/([a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)$/;

/** Probes a single Lease by reading it. */
export async function probeSingle(
  target: ProbeTarget,
  module: SingleModule,
  context: ProbeContext,
): Promise<ProbeResult<LeaseReason>> {
  const { signal, clock, memory, log } = context;
  const [, namespace, name] = ADDRESS.exec(target.address) ?? [];
  if (namespace === undefined || name === undefined) {
    return { outcome: failed("bad_request", "the target is not the namespace/name of a Lease"), samples: [] };
  }
  log("reading the lease", { method: "GET", namespace, name });
  const started = clock.monotonic();
  const answer = await module.api.read({ namespace, name }, signal);
  log("response", {
    answer: answer.kind,
    ...("detail" in answer ? { detail: answer.detail } : {}),
    seconds: clock.monotonic() - started,
  });
  switch (answer.kind) {
    case "record":
      return judge(target.address, answer.record, module, context);
    case "absent": {
      // The silence of a deleted Lease goes on, so that its heartbeat goes down instead of vanishing.
      const last = recall(memory, target.address, clock);
      const beats = beatsOf(target.address, last, module.timeout ?? last?.timeout, clock.now());
      return { outcome: failed("http_status", answer.detail), samples: [], beats };
    }
    case "conflict":
      return { outcome: failed("http_status", "the API server answered 409"), samples: [] };
    case "failed":
      // The Lease could not be read, which says nothing about its holder.
      missRead(memory, target.address, clock);
      return { outcome: failed(answer.reason, answer.detail), samples: [] };
  }
}

function judge(
  heartbeat: string,
  record: LeaseRecord,
  module: SingleModule,
  { clock, memory, log }: ProbeContext,
): ProbeResult<LeaseReason> {
  const { holder, renewTime, duration } = record;
  const timeout = module.timeout ?? duration;
  const observed =
    renewTime === undefined
      ? undefined
      : observe(memory, heartbeat, { renewTime, ...defined({ timeout }) }, clock);
  log("lease", { holder, renewTime, duration, silence: observed?.silence });
  // A released Lease will not be renewed, so it expires at once.
  const silence = holder === "" && timeout !== undefined ? seconds(timeout + 1) : observed?.silence;
  const observation = observed === undefined || silence === undefined ? undefined : { ...observed, silence };
  return {
    outcome: verdict(record, observation, timeout, module),
    samples: samplesOf(heartbeat, record),
    beats: beatsOf(heartbeat, observation, timeout, clock.now()),
  };
}

function verdict(
  { holder }: LeaseSpec,
  observation: Observation | undefined,
  timeout: Seconds | undefined,
  { expectedHolder }: SingleModule,
): Outcome<LeaseReason> {
  if (timeout === undefined) {
    return failed("malformed", "the lease has no leaseDurationSeconds; set timeout in the module");
  }
  if (holder === "") return failed("stale", "the lease has no holder: it was released or never acquired");
  if (observation === undefined) return failed("stale", "the lease was never renewed: it has no renewTime");
  if (observation.silence >= timeout) {
    const length = observation.silence.toFixed(1);
    return failed("stale", `the lease was not renewed for ${length} s, its timeout is ${timeout} s`);
  }
  if (expectedHolder !== undefined && holder !== expectedHolder) {
    return failed("content_mismatch", `${shorten(holder)} holds the lease, not ${expectedHolder}`);
  }
  return succeeded;
}

function samplesOf(heartbeat: string, { holder, renewTime, duration, transitions }: LeaseSpec): Sample[] {
  const labels = { heartbeat };
  const renewedAt = renewTime === undefined ? undefined : readMicroTime(renewTime);
  return [
    ...(renewedAt === undefined ? [] : [sample(leaseMetrics.renew, renewedAt, labels)]),
    ...(duration === undefined ? [] : [sample(leaseMetrics.duration, duration, labels)]),
    sample(leaseMetrics.transitions, transitions, labels),
    ...(holder === "" ? [] : [sample(leaseMetrics.holder, 1, { ...labels, holder: shorten(holder) })]),
  ];
}

/** Returns the heartbeat of a Lease: none without a timeout, because it would never expire. */
function beatsOf(
  heartbeat: string,
  observation: Observation | undefined,
  timeout: Seconds | undefined,
  now: Timestamp,
): readonly HeartbeatState[] {
  if (timeout === undefined) return [];
  const lastSeen = observation === undefined ? undefined : readMicroTime(observation.renewTime);
  const beat = { heartbeat, source: "lease", timeout } as const;
  if (observation === undefined || lastSeen === undefined) return [beat];
  return [{ ...beat, lastSeen, silentSince: after(now, seconds(-observation.silence)) }];
}

/** Longest holder identity that is shown, in characters. Anyone who may write the Lease chooses it. */
const LONGEST_HOLDER = 128;

const shorten = (holder: string): string => truncate(holder, LONGEST_HOLDER);
