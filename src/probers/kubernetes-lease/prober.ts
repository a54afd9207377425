import { accessSync, constants } from "node:fs";
import { defined } from "../../core/defined.ts";
import type { HeartbeatState } from "../../core/heartbeat.ts";
import { type LeaseApi, type LeaseRecord, type LeaseSpec, readMicroTime } from "../../core/lease.ts";
import { type Sample, sample } from "../../core/metric.ts";
import {
  type CompileContext,
  failed,
  type Objection,
  type Outcome,
  type ProbeContext,
  type ProbeResult,
  type Prober,
  type ProbeTarget,
  succeeded,
} from "../../core/prober.ts";
import { after, parseDuration, type Seconds, seconds, type Timestamp } from "../../core/units.ts";
import { openLeases } from "./api.ts";
import { leaseMetrics } from "./metrics.ts";
import { type Observation, observe, recall } from "./observation.ts";
import { type LeaseReason, leaseReasons } from "./reasons.ts";
import { type LeaseOptions, leaseSchema } from "./schema.ts";

interface LeaseModule {
  readonly api: LeaseApi;
  readonly timeout?: Seconds;
  readonly expectedHolder?: string;
}

/** Looks whether somebody still renews a Kubernetes Lease. */
export const kubernetesLeaseProber = {
  kind: "kubernetes_lease",
  metrics: Object.values(leaseMetrics),
  reasons: leaseReasons,
  schema: leaseSchema,
  costly: false,
  compile,
  objection,
  probe,
  dispose: ({ api }) => api.close(),
} satisfies Prober<LeaseOptions, LeaseModule, LeaseReason>;

function compile(options: LeaseOptions, context: CompileContext): LeaseModule {
  const { kubeconfig, context: name, timeout, expected_holder: expectedHolder } = options;
  const file = kubeconfig === undefined ? undefined : context.resolvePath(kubeconfig);
  if (file !== undefined && !isReadable(file)) {
    context.problem(["kubeconfig"], "no file that can be read", "a kubeconfig file");
  }
  const length = timeout === undefined ? undefined : parseDuration(timeout);
  return {
    api: openLeases({
      ...defined({ kubeconfig: file, context: name }),
    }),
    ...defined({ timeout: length, expectedHolder }),
  };
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Names of Kubernetes (RFC 1123): a label, and a subdomain. */
const ADDRESS = /^([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\/([a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)$/;

function objection({ address }: ProbeTarget): Objection | undefined {
  return ADDRESS.test(address)
    ? undefined
    : { part: "target", want: "namespace/name of a Lease, such as kube-system/syncer-heartbeat" };
}

async function probe(
  target: ProbeTarget,
  module: LeaseModule,
  context: ProbeContext,
): Promise<ProbeResult<LeaseReason>> {
  const { signal, clock, memory, log } = context;
  const [, namespace, name] = ADDRESS.exec(target.address) ?? [];
  if (namespace === undefined || name === undefined) {
    return { outcome: failed("bad_request", "the target is not namespace/name of a Lease"), samples: [] };
  }
  log("reading the lease", { namespace, name });
  const answer = await module.api.read({ namespace, name }, signal);
  switch (answer.kind) {
    case "record":
      return judge(target.address, answer.record, module, context);
    case "absent": {
      // A Lease that was there goes on being silent: its heartbeat must not vanish when it stops.
      const known = recall(memory, target.address, clock);
      const beats = beatsOf(target.address, known, module.timeout ?? known?.timeout, clock.now());
      return { outcome: failed("http_status", answer.detail), samples: [], beats };
    }
    case "conflict":
      return { outcome: failed("http_status", "the API server answered 409"), samples: [] };
    case "failed":
      // Nothing was heard and nothing could have been: that says nothing about the holder.
      return { outcome: failed(answer.reason, answer.detail), samples: [] };
  }
}

function judge(
  heartbeat: string,
  record: LeaseRecord,
  module: LeaseModule,
  { clock, memory, log }: ProbeContext,
): ProbeResult<LeaseReason> {
  const { holder, renewTime, duration } = record;
  const timeout = module.timeout ?? duration;
  const shows = timeout === undefined ? {} : { timeout };
  const seen =
    renewTime === undefined ? undefined : observe(memory, heartbeat, { renewTime, ...shows }, clock);
  log("lease", { holder, renewTime, duration, silence: seen?.silence });
  // Who released it said that no renewal will come: nobody has to wait for that.
  const silence = holder === "" && timeout !== undefined ? seconds(timeout + 1) : seen?.silence;
  const shown = seen === undefined || silence === undefined ? undefined : { ...seen, silence };
  return {
    outcome: verdict(record, shown, timeout, module),
    samples: samplesOf(heartbeat, record),
    beats: beatsOf(heartbeat, shown, timeout, clock.now()),
  };
}

function verdict(
  { holder }: LeaseSpec,
  seen: Observation | undefined,
  timeout: Seconds | undefined,
  { expectedHolder }: LeaseModule,
): Outcome<LeaseReason> {
  if (timeout === undefined) {
    return failed("malformed", "the lease has no leaseDurationSeconds: set timeout in the module");
  }
  if (holder === "") return failed("stale", "nobody holds the lease: it was released, or never taken");
  if (seen === undefined) return failed("stale", "the lease was never renewed: it has no renewTime");
  if (seen.silence >= timeout) {
    const length = seen.silence.toFixed(1);
    return failed("stale", `the lease was not renewed for ${length} s, its timeout is ${timeout} s`);
  }
  if (expectedHolder !== undefined && holder !== expectedHolder) {
    return failed("content_mismatch", `${short(holder)} holds the lease, not ${expectedHolder}`);
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
    ...(holder === "" ? [] : [sample(leaseMetrics.holder, 1, { ...labels, holder: short(holder) })]),
  ];
}

/** Without a timeout there is no telling whether it is up; without an observation only the timeout is known. */
function beatsOf(
  heartbeat: string,
  seen: Observation | undefined,
  timeout: Seconds | undefined,
  now: Timestamp,
): readonly HeartbeatState[] {
  if (timeout === undefined) return [];
  const lastSeen = seen === undefined ? undefined : readMicroTime(seen.renewTime);
  const beat = { heartbeat, source: "lease", timeout } as const;
  if (seen === undefined || lastSeen === undefined) return [beat];
  return [{ ...beat, lastSeen, silentSince: after(now, seconds(-seen.silence)) }];
}

/** Longest identity that is shown: whoever may write the Lease chooses it. */
const LONGEST_HOLDER = 128;

const short = (holder: string): string => holder.slice(0, LONGEST_HOLDER);
