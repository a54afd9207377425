import { request as plainRequest } from "node:http";
import { Agent, type RequestOptions, request as secureRequest } from "node:https";
import {
  type ClusterOptions,
  type LeaseAnswer,
  type LeaseApi,
  type LeaseName,
  readLease,
  writeLease,
} from "../../core/lease.ts";
import { truncate } from "../../core/truncate.ts";
import { USER_AGENT } from "../../core/user-agent.ts";
import { processResolver } from "../../network/process-resolver.ts";
import { type Cluster, ClusterError, openCluster } from "./cluster.ts";
import { reasonOfError, reasonOfStatus } from "./failure.ts";

/** Longest response accepted, in bytes. A Lease takes a few kilobytes with its managed fields. */
const LONGEST_RESPONSE = 1024 * 1024;

/** Idle time after which a connection is closed, below the limits of load balancers. */
const IDLE_MS = 30_000;

/**
 * Opens the Leases of a cluster (coordination.k8s.io/v1). Each call reads its access from the kubeconfig, so that rotated tokens
 * and certificates are used. The agent keeps connections per identity.
 *
 * Its connections do not go through the network of a probe: their only end is the API server of the kubeconfig, which the
 * operator chose, and the target of a probe is a name on that server.
 * @param root the root of the pod's file system, for tests
 */
export function openLeases(options: ClusterOptions, root?: string): LeaseApi {
  const cluster = openCluster(options, root);
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  const call = (
    method: "GET" | "POST" | "PUT",
    lease: LeaseName,
    body: object | undefined,
    signal: AbortSignal,
  ): Promise<LeaseAnswer> => exchange({ cluster, agent, method, lease, body }, signal);
  return {
    read: (lease, signal) => call("GET", lease, undefined, signal),
    create: (lease, spec, signal) => call("POST", lease, writeLease(lease, spec), signal),
    update: (lease, record, spec, signal) => call("PUT", lease, writeLease(lease, spec, record), signal),
    close: () => agent.destroy(),
  };
}

interface ApiCall {
  readonly cluster: Cluster;
  readonly agent: Agent;
  readonly method: "GET" | "POST" | "PUT";
  readonly lease: LeaseName;
  readonly body: object | undefined;
}

async function exchange(call: ApiCall, signal: AbortSignal): Promise<LeaseAnswer> {
  try {
    const { status, text } = await send(call, signal);
    // The kubeconfig may have changed since it was read.
    if (status === 401) call.cluster.forget();
    return answerOf(status, text);
  } catch (error) {
    if (error instanceof ClusterError) return { kind: "failed", reason: error.reason, detail: error.message };
    return { kind: "failed", ...reasonOfError(error, signal.aborted) };
  }
}

/** Sends one call. Reading a kubeconfig may run a credential plugin, which cannot be aborted and is abandoned at the deadline. */
async function send(
  { cluster, agent, method, lease, body }: ApiCall,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  const { server, request, headers, proxied, ownNamespace } = await orAborted(cluster.access(), signal);
  const namespace = encodeURIComponent(lease.namespace ?? ownNamespace);
  const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const path = method === "POST" ? leases : `${leases}/${encodeURIComponent(lease.name)}`;
  const content = body === undefined ? undefined : JSON.stringify(body);
  const options: RequestOptions = {
    ...request,
    // Also without the agent: for an API server over plain HTTP. A proxy's agent resolves the name of the proxy itself.
    lookup: processResolver.lookup,
    method,
    signal,
    headers: {
      ...headers,
      Accept: "application/json",
      "User-Agent": USER_AGENT,
      ...(content === undefined
        ? {}
        : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(content) }),
    },
  };
  if (!proxied) {
    if (server.protocol === "https:") options.agent = agent;
    else delete options.agent;
  }
  const open = server.protocol === "https:" ? secureRequest : plainRequest;
  const url = new URL(`${server.href.replace(/\/$/, "")}${path}`);
  return new Promise((resolve, reject) => {
    const sent = open(url, options, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > LONGEST_RESPONSE)
          response.destroy(new Error(`the response is longer than ${LONGEST_RESPONSE} bytes`));
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(content);
  });
}

function answerOf(status: number, text: string): LeaseAnswer {
  const object = parse(text);
  if (status === 404) return { kind: "absent", detail: detailOf(status, object) };
  if (status === 409) return { kind: "conflict" };
  if (status !== 200 && status !== 201) {
    return { kind: "failed", reason: reasonOfStatus(status), detail: detailOf(status, object) };
  }
  const record = readLease(object);
  return typeof record === "string"
    ? { kind: "failed", reason: "malformed", detail: record }
    : { kind: "record", record };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Longest part of a server's message that is shown, in characters. */
const LONGEST_MESSAGE = 300;

/** Describes a response by its status and the server's message (`Status`), which names the account and the denied right. */
function detailOf(status: number, object: unknown): string {
  const message =
    typeof object === "object" && object !== null && "message" in object ? object.message : undefined;
  const text = typeof message === "string" ? `: ${truncate(message, LONGEST_MESSAGE)}` : "";
  return `the API server answered ${status}${text}`;
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error("aborted", { cause: signal.reason }));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
