import { defined } from "./defined.ts";
import type { FailureReason } from "./reasons.ts";
import { type Seconds, seconds, type Timestamp, timestamp } from "./units.ts";

/** What a Kubernetes Lease (coordination.k8s.io/v1) says. */
export interface LeaseSpec {
  /** Who holds it; empty when nobody does, because it was released or never taken. */
  readonly holder: string;
  /** For how long others have to wait after a renewal; absent or no positive number: not said. */
  readonly duration?: Seconds;
  /** As written, RFC 3339 with microseconds: times of another machine's clock, which are compared and never reckoned with. */
  readonly acquireTime?: string;
  readonly renewTime?: string;
  /** How often it went from one holder to another. */
  readonly transitions: number;
  /** URL under which the holder answers applications, from an annotation; absent if it did not say one. */
  readonly advertiseUrl?: string;
}

/** The annotation of `LeaseSpec.advertiseUrl`. */
const ADVERTISE_URL = "heartbeat-exporter/advertise-url";

/** A Lease as it was read, with what a later change has to show and keep. */
export interface LeaseRecord extends LeaseSpec {
  /** `metadata.resourceVersion`: a change on top of another version is refused. */
  readonly version: string;
  /** The whole object: a change keeps what it does not know. */
  readonly object: Readonly<Record<string, unknown>>;
}

/** Which Lease. */
export interface LeaseName {
  /** That of the account or context in use without one, `default` where that says nothing. */
  readonly namespace?: string;
  readonly name: string;
}

/** Every reason with which a call can fail. */
export const LEASE_CALL_REASONS = [
  "dns",
  "connect",
  "tls",
  "timeout",
  "network",
  "http_status",
  "auth",
  "rate_limited",
  "server_error",
  "malformed",
  "file_missing",
] as const satisfies readonly FailureReason[];
export type LeaseCallReason = (typeof LEASE_CALL_REASONS)[number];

/** What came of a call. `conflict`: it was changed, or created, by somebody else in the meantime. */
export type LeaseAnswer =
  | { readonly kind: "record"; readonly record: LeaseRecord }
  | { readonly kind: "absent"; readonly detail: string }
  | { readonly kind: "conflict" }
  | { readonly kind: "failed"; readonly reason: LeaseCallReason; readonly detail: string };

/** Leases of one cluster. Calls end when their signal aborts, and reject only for bugs. */
export interface LeaseApi {
  read(lease: LeaseName, signal: AbortSignal): Promise<LeaseAnswer>;
  create(lease: LeaseName, spec: LeaseSpec, signal: AbortSignal): Promise<LeaseAnswer>;
  /** Replaces the spec of `record`, if it is still the newest version. */
  update(lease: LeaseName, record: LeaseRecord, spec: LeaseSpec, signal: AbortSignal): Promise<LeaseAnswer>;
  /** Lets go of connections. */
  close(): void;
}

/** How to reach a cluster. */
export interface ClusterOptions {
  /** A kubeconfig file; without one the account of the pod, else `KUBECONFIG`, else `~/.kube/config`. */
  readonly kubeconfig?: string;
  /** A context of the kubeconfig instead of its current one. */
  readonly context?: string;
}

/** RFC 3339 with microseconds in UTC, the form of the times of a Lease (`MicroTime`): `2025-09-15T13:30:00.000000Z`. */
export function microTime(at: Timestamp): string {
  const whole = Math.floor(at);
  const micros = Math.min(999_999, Math.floor((at - whole) * 1e6));
  return `${new Date(whole * 1000).toISOString().slice(0, 19)}.${String(micros).padStart(6, "0")}Z`;
}

/** The point in time that `text` says; `undefined` when it says none. */
export function readMicroTime(text: string): Timestamp | undefined {
  const milliseconds = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : timestamp(milliseconds / 1000);
}

/** Reads a Lease that an API server sent; a text that says what is wrong with it when it is none. */
export function readLease(object: unknown): LeaseRecord | string {
  if (!isObject(object) || object["kind"] !== "Lease") return "the answer is no Lease";
  const { metadata, spec = {} } = object;
  const version = isObject(metadata) ? metadata["resourceVersion"] : undefined;
  if (typeof version !== "string" || !isObject(spec)) return "the Lease has no resourceVersion";
  const { holderIdentity: holder, leaseDurationSeconds: lasting, leaseTransitions: transitions } = spec;
  const text = (key: string): string | undefined => {
    const value = spec[key];
    return typeof value === "string" && readMicroTime(value) !== undefined ? value : undefined;
  };
  const acquireTime = text("acquireTime");
  const renewTime = text("renewTime");
  return {
    version,
    object,
    holder: typeof holder === "string" ? holder : "",
    ...(typeof lasting === "number" && lasting > 0 ? { duration: seconds(lasting) } : {}),
    ...defined({ acquireTime, renewTime, advertiseUrl: advertiseUrlIn(metadata) }),
    transitions: typeof transitions === "number" ? transitions : 0,
  };
}

/** The object to send for `spec`: a new one, or `before` with another spec, in which unknown fields stay. */
export function writeLease({ namespace, name }: LeaseName, spec: LeaseSpec, before?: LeaseRecord): object {
  const known = before?.object["spec"];
  const metadata = before?.object["metadata"] ?? { ...defined({ namespace }), name };
  return {
    ...before?.object,
    metadata: withAdvertiseUrl(isObject(metadata) ? metadata : {}, spec.advertiseUrl),
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    spec: {
      ...(isObject(known) ? known : {}),
      holderIdentity: spec.holder,
      leaseDurationSeconds: spec.duration,
      acquireTime: spec.acquireTime,
      renewTime: spec.renewTime,
      leaseTransitions: spec.transitions,
    },
  };
}

function advertiseUrlIn(metadata: unknown): string | undefined {
  const annotations = isObject(metadata) ? metadata["annotations"] : undefined;
  const url = isObject(annotations) ? annotations[ADVERTISE_URL] : undefined;
  return typeof url === "string" && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined;
}

/** Returns metadata with the annotation of `url`, or without one; other annotations stay. */
function withAdvertiseUrl(metadata: Readonly<Record<string, unknown>>, url: string | undefined): object {
  const { annotations, ...rest } = metadata;
  const { [ADVERTISE_URL]: _previous, ...others } = isObject(annotations) ? annotations : {};
  const next = { ...others, ...(url === undefined ? {} : { [ADVERTISE_URL]: url }) };
  return Object.keys(next).length === 0 ? rest : { ...rest, annotations: next };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
