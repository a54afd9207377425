import { type IncomingMessage, request as plainRequest } from "node:http";
import { Agent, type RequestOptions, request as secureRequest } from "node:https";
import type { ClusterOptions, LeaseCallReason } from "../../core/lease.ts";
import { truncate } from "../../core/truncate.ts";
import { USER_AGENT } from "../../core/user-agent.ts";
import { processResolver } from "../../network/process-resolver.ts";
import { ClusterError, openCluster } from "./cluster.ts";
import { reasonOfError, reasonOfStatus } from "./failure.ts";

/** Idle time after which a connection is closed, below the limits of load balancers. */
const IDLE_MS = 30_000;

/** A request to the API server about Leases. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT";
  /** The namespace; by default that of the account or context. */
  readonly namespace: string | undefined;
  /** The rest of the path and the query, after `leases`. */
  readonly rest: string;
  readonly body?: object;
}

/** A call that returned nothing of use. `detail` names the file or the server's message, and no secret. */
export interface CallFailure {
  readonly kind: "failed";
  readonly reason: LeaseCallReason;
  readonly detail: string;
}

/** The API server of a cluster. */
export interface ApiCaller {
  /**
   * Sends a request and returns the head of the response, whose body the caller reads. Rejects with an error for `failureOf` if
   * there is none.
   */
  open(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage>;
  /** Sends a request and reads the whole response, of at most `longest` bytes. Rejects as `open` does. */
  exchange(request: ApiRequest, longest: number, signal: AbortSignal): Promise<ApiResponse>;
  /** Returns a number that changes when the kubeconfig in use has changed. */
  generation(): Promise<number>;
  /** Closes idle connections. */
  close(): void;
}

/** The status and the body of a response; `object` is undefined if the body is not JSON. */
export interface ApiResponse {
  readonly status: number;
  readonly object: unknown;
}

/**
 * Opens the API server of a cluster. Each call reads its access from the kubeconfig, so that rotated tokens and certificates are
 * used. The agent keeps connections per identity.
 *
 * Its connections do not go through the network of a probe: their only end is the API server of the kubeconfig, which the
 * operator chose, and the target of a probe is a name on that server.
 * @param root the root of the pod's file system, for tests
 */
export function openCaller(options: ClusterOptions, root?: string): ApiCaller {
  const cluster = openCluster(options, root);
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });

  /** Reading a kubeconfig may run a credential plugin, which cannot be aborted and is abandoned at the deadline. */
  const open = async (
    { method, namespace, rest, body }: ApiRequest,
    signal: AbortSignal,
  ): Promise<IncomingMessage> => {
    const { server, request, headers, proxied, ownNamespace } = await orAborted(cluster.access(), signal);
    const path = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace ?? ownNamespace)}/leases${rest}`;
    const content = body === undefined ? undefined : JSON.stringify(body);
    const sentOptions: RequestOptions = {
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
      if (server.protocol === "https:") sentOptions.agent = agent;
      else delete sentOptions.agent;
    }
    const send = server.protocol === "https:" ? secureRequest : plainRequest;
    const url = new URL(`${server.href.replace(/\/$/, "")}${path}`);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = send(url, sentOptions, resolve);
      sent.on("error", reject);
      sent.end(content);
    });
    // The kubeconfig may have changed since it was read.
    if (response.statusCode === 401) cluster.forget();
    return response;
  };
  return {
    open,
    async exchange(request, longest, signal) {
      const response = await open(request, signal);
      const object = parse(await textOf(response, longest));
      return { status: response.statusCode ?? 0, object };
    },
    generation: () => cluster.generation(),
    close: () => agent.destroy(),
  };
}

/** Reads a body. Rejects if it is longer than `longest` bytes or is cut off. */
export async function textOf(response: IncomingMessage, longest: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longest) throw new Error(`the response is longer than ${longest} bytes`);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Parses JSON; undefined if it is not. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns the failure for an error of `open` or `exchange`. */
export function failureOf(error: unknown, aborted: boolean): CallFailure {
  if (error instanceof ClusterError) return { kind: "failed", reason: error.reason, detail: error.message };
  return { kind: "failed", ...reasonOfError(error, aborted) };
}

/** Returns the failure for a response that is not what was asked for. */
export const refusalOf = ({ status, object }: ApiResponse): CallFailure => ({
  kind: "failed",
  reason: reasonOfStatus(status),
  detail: detailOf(status, object),
});

/** Longest part of a server's message that is shown, in characters. */
const LONGEST_MESSAGE = 300;

/** Describes a response by its status and the server's message (`Status`), which names the account and the denied right. */
export function detailOf(status: number, object: unknown): string {
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
