import {
  type ClusterOptions,
  type LeaseAnswer,
  type LeaseApi,
  type LeaseName,
  readLease,
  writeLease,
} from "../../core/lease.ts";
import { type ApiRequest, type ApiResponse, detailOf, failureOf, openCaller, refusalOf } from "./caller.ts";

/** Longest response accepted, in bytes. A Lease takes a few kilobytes with its managed fields. */
const LONGEST_RESPONSE = 1024 * 1024;

/**
 * Opens the single Leases of a cluster (coordination.k8s.io/v1).
 * @param root the root of the pod's file system, for tests
 */
export function openLeases(options: ClusterOptions, root?: string): LeaseApi {
  const caller = openCaller(options, root);
  const call = async (request: ApiRequest, signal: AbortSignal): Promise<LeaseAnswer> => {
    try {
      return answerOf(await caller.exchange(request, LONGEST_RESPONSE, signal));
    } catch (error) {
      return failureOf(error, signal.aborted);
    }
  };
  const named = ({ namespace, name }: LeaseName) => ({ namespace, rest: `/${encodeURIComponent(name)}` });
  return {
    read: (lease, signal) => call({ method: "GET", ...named(lease) }, signal),
    create: (lease, spec, signal) =>
      call({ method: "POST", namespace: lease.namespace, rest: "", body: writeLease(lease, spec) }, signal),
    update: (lease, record, spec, signal) =>
      call({ method: "PUT", ...named(lease), body: writeLease(lease, spec, record) }, signal),
    close: () => caller.close(),
  };
}

function answerOf(response: ApiResponse): LeaseAnswer {
  const { status, object } = response;
  if (status === 404) return { kind: "absent", detail: detailOf(status, object) };
  if (status === 409) return { kind: "conflict" };
  if (status !== 200 && status !== 201) return refusalOf(response);
  const record = readLease(object);
  return typeof record === "string"
    ? { kind: "failed", reason: "malformed", detail: record }
    : { kind: "record", record };
}
