import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { OutboundTls } from "../../core/relay.ts";
import { parseRetryAfter } from "../../core/retry-after.ts";
import type { Seconds } from "../../core/units.ts";
import { processResolver } from "../../network/process-resolver.ts";

const USER_AGENT = "heartbeat-exporter";

/** A request to a webhook receiver or to the server of an action. */
export interface OutboundRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Limits the whole exchange. */
  readonly timeout: Seconds;
  readonly tls: OutboundTls;
  /** Path of a Unix socket to connect to instead of the URL's host. */
  readonly unixSocket?: string;
  /** Most of the response body that is read, in bytes. With 0 only the status is waited for. */
  readonly maxBodyBytes: number;
}

/** The outcome of a request. `detail` is for people and contains neither the URL nor any part of the response. */
export type OutboundReply =
  | { readonly kind: "answer"; readonly status: number; readonly retryAfter?: Seconds; readonly body: string }
  | { readonly kind: "timeout"; readonly detail: string }
  | { readonly kind: "failed"; readonly detail: string };

/** Sends `request` once. Does not follow redirects, because a signed body is meant for one receiver. Never rejects. */
export async function send(
  request: OutboundRequest,
  signal: AbortSignal,
  clock: Clock,
): Promise<OutboundReply> {
  // Loaded with the first request, because got takes a good part of the exporter's memory.
  const { default: got } = await import("got");
  const { method, headers, timeout, maxBodyBytes } = request;
  // Without a body, got's stream would wait for one to be written.
  const body = request.body ?? (method === "GET" ? undefined : "");
  let url: URL | string;
  let tls: object;
  try {
    url =
      request.unixSocket === undefined
        ? new URL(request.url)
        : throughSocket(request.url, request.unixSocket);
    tls = await tlsOptions(request.tls);
  } catch {
    return { kind: "failed", detail: "the URL or a certificate is invalid" };
  }
  const deadline = new AbortController();
  const cancel = clock.after(timeout, () => deadline.abort());
  return new Promise((resolve) => {
    const stream = got.stream(url, {
      method: method as "POST",
      headers: { "user-agent": USER_AGENT, ...hostOf(request), ...headers },
      ...defined({ body }),
      https: tls,
      enableUnixSockets: request.unixSocket !== undefined,
      signal: AbortSignal.any([signal, deadline.signal]),
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false,
      dnsLookup: processResolver.lookup,
    });
    const chunks: Buffer[] = [];
    let received = 0;
    let head: { readonly statusCode: number; readonly headers: IncomingHttpHeaders } | undefined;
    const settle = (reply: OutboundReply): void => {
      cancel();
      resolve(reply);
      stream.destroy();
    };
    const answer = (): void => {
      if (head === undefined) return settle({ kind: "failed", detail: "no response" });
      const retryAfter = parseRetryAfter(head.headers, clock.now());
      settle({
        kind: "answer",
        status: head.statusCode,
        body: Buffer.concat(chunks).subarray(0, maxBodyBytes).toString("utf8"),
        ...defined({ retryAfter }),
      });
    };
    stream.once("response", (response: NonNullable<typeof head>) => {
      head = response;
      // Do not wait for a body that is not needed: it may never end.
      if (maxBodyBytes === 0) answer();
    });
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      received += chunk.length;
      if (received >= maxBodyBytes) answer();
    });
    stream.once("end", answer);
    stream.on("error", (error: unknown) => {
      // Once there is a status, an error while reading the body does not change the outcome.
      if (head !== undefined) return answer();
      if (deadline.signal.aborted) settle({ kind: "timeout", detail: `no response within ${timeout}s` });
      else settle({ kind: "failed", detail: codeOf(error) });
    });
  });
}

/** Sets the Host header of requests through a Unix socket to the host of the URL. */
const hostOf = ({ url, unixSocket }: OutboundRequest): { readonly host?: string } =>
  unixSocket === undefined ? {} : { host: new URL(url).host };

/** Builds got's form of a URL on a Unix socket. */
function throughSocket(address: string, socket: string): string {
  const { protocol, pathname, search } = new URL(address);
  return `${protocol}//unix:${socket}:${pathname}${search}`;
}

async function tlsOptions({ ca, insecureSkipVerify }: OutboundTls): Promise<object> {
  return {
    rejectUnauthorized: !insecureSkipVerify,
    ...(ca === undefined ? {} : { certificateAuthority: await ca.reveal() }),
  };
}

/** Returns the code of an error. Its message could contain the URL, and with it a token. */
const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "no response";
