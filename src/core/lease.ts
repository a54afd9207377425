import { defined } from "./defined.ts";
import { FILE_REASONS } from "./file-errors.ts";
import { parseInstant } from "./instant.ts";
import { isObject } from "./json-object.ts";
import type { FailureReason } from "./reasons.ts";
import { type Seconds, seconds, type Timestamp } from "./units.ts";

/** The spec of a Kubernetes Lease (coordination.k8s.io/v1). */
export interface LeaseSpec {
  /** Identity of the holder; empty if the lease was released or never taken. */
  readonly holder: string;
  /** Time that candidates wait after a renewal; absent unless it is a positive number. */
  readonly duration?: Seconds;
  /** RFC 3339 with microseconds, as written. The clock of another machine: compare it, but do not calculate with it. */
  readonly acquireTime?: string;
  readonly renewTime?: string;
  /** Number of changes of the holder. */
  readonly transitions: number;
  /** URL under which the holder answers applications, from an annotation; absent if it did not say one. */
  readonly advertiseUrl?: string;
  /** The holder's knowledge for the next one, from an annotation; absent if it wrote none. */
  readonly knowledge?: string;
}

/** The annotation of `LeaseSpec.advertiseUrl`. */
const ADVERTISE_URL = "heartbeat-exporter/advertise-url";

/** The annotation of `LeaseSpec.knowledge`. */
const KNOWLEDGE = "heartbeat-exporter/knowledge";

/** A Lease as it was read, with what an update needs. */
export interface LeaseRecord extends LeaseSpec {
  /** `metadata.resourceVersion`. The API server refuses an update of another version. */
  readonly version: string;
  /** The whole object, so that an update keeps unknown fields. */
  readonly object: Readonly<Record<string, unknown>>;
}

/** The name of a Lease. */
export interface LeaseName {
  /** The namespace of the account or context by default, or `default` if that has none. */
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
  ...FILE_REASONS,
] as const satisfies readonly FailureReason[];
/** One of `LEASE_CALL_REASONS`. */
export type LeaseCallReason = (typeof LEASE_CALL_REASONS)[number];

/** The result of a call. `conflict`: another client changed or created the Lease in the meantime. */
export type LeaseAnswer =
  | { readonly kind: "record"; readonly record: LeaseRecord }
  | { readonly kind: "absent"; readonly detail: string }
  | { readonly kind: "conflict" }
  | { readonly kind: "failed"; readonly reason: LeaseCallReason; readonly detail: string };

/** The Leases of one cluster. Calls end when their signal aborts, and reject only for bugs. */
export interface LeaseApi {
  read(lease: LeaseName, signal: AbortSignal): Promise<LeaseAnswer>;
  create(lease: LeaseName, spec: LeaseSpec, signal: AbortSignal): Promise<LeaseAnswer>;
  /** Replaces the spec of `record` if that is still the newest version. */
  update(lease: LeaseName, record: LeaseRecord, spec: LeaseSpec, signal: AbortSignal): Promise<LeaseAnswer>;
  /** Closes connections. */
  close(): void;
}

/** Options for access to a cluster. */
export interface ClusterOptions {
  /** A kubeconfig file. Default: the service account of the pod, else `KUBECONFIG`, else `~/.kube/config`. */
  readonly kubeconfig?: string;
  /** A context of the kubeconfig instead of its current one. */
  readonly context?: string;
}

/** Formats a time as Kubernetes' `MicroTime`, RFC 3339 in UTC with microseconds: `2025-09-15T13:30:00.000000Z`. */
export function microTime(at: Timestamp): string {
  const whole = Math.floor(at);
  const micros = Math.min(999_999, Math.floor((at - whole) * 1e6));
  return `${new Date(whole * 1000).toISOString().slice(0, 19)}.${String(micros).padStart(6, "0")}Z`;
}

/** Parses a `MicroTime`; `undefined` if `text` is not one. */
export function readMicroTime(text: string): Timestamp | undefined {
  return parseInstant(text);
}

/** Parses a Lease from an API server. Returns an error text if it is invalid. */
export function readLease(object: unknown): LeaseRecord | string {
  if (!isObject(object) || object["kind"] !== "Lease") return "the answer is not a Lease";
  const { metadata, spec = {} } = object;
  const version = isObject(metadata) ? metadata["resourceVersion"] : undefined;
  if (typeof version !== "string" || !isObject(spec)) return "the Lease has no resourceVersion";
  const { holderIdentity: holder, leaseDurationSeconds: length, leaseTransitions: transitions } = spec;
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
    ...(typeof length === "number" && length > 0 ? { duration: seconds(length) } : {}),
    ...defined({ acquireTime, renewTime, advertiseUrl: advertiseUrlIn(metadata) }),
    ...defined({ knowledge: annotationIn(metadata, KNOWLEDGE) }),
    transitions: typeof transitions === "number" ? transitions : 0,
  };
}

/** Builds the object to send for `spec`: a new one, or `before` with its spec replaced and unknown fields kept. */
export function writeLease({ namespace, name }: LeaseName, spec: LeaseSpec, before?: LeaseRecord): object {
  const known = before?.object["spec"];
  const metadata = before?.object["metadata"] ?? { ...defined({ namespace }), name };
  return {
    ...before?.object,
    metadata: withAnnotations(isObject(metadata) ? metadata : {}, spec),
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

function annotationIn(metadata: unknown, name: string): string | undefined {
  const annotations = isObject(metadata) ? metadata["annotations"] : undefined;
  const value = isObject(annotations) ? annotations[name] : undefined;
  return typeof value === "string" ? value : undefined;
}

function advertiseUrlIn(metadata: unknown): string | undefined {
  const url = annotationIn(metadata, ADVERTISE_URL);
  return url !== undefined && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined;
}

/** Returns metadata with the annotations of `spec`, or without them; other annotations stay. */
function withAnnotations(
  metadata: Readonly<Record<string, unknown>>,
  { advertiseUrl, knowledge }: LeaseSpec,
): object {
  const { annotations, ...rest } = metadata;
  const {
    [ADVERTISE_URL]: _url,
    [KNOWLEDGE]: _knowledge,
    ...others
  } = isObject(annotations) ? annotations : {};
  const next = { ...others, ...defined({ [ADVERTISE_URL]: advertiseUrl, [KNOWLEDGE]: knowledge }) };
  return Object.keys(next).length === 0 ? rest : { ...rest, annotations: next };
}
