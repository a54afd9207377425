import type { IncomingHttpHeaders } from "node:http";
import { DEFAULT_CIPHERS, getCACertificates } from "node:tls";
import type { RequestError } from "got";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { OutboundTls } from "../../core/relay.ts";
import { parseRetryAfter } from "../../core/retry-after.ts";
import { decodeBeginning } from "../../core/truncate.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { USER_AGENT } from "../../core/user-agent.ts";
import { identityCheck } from "../../network/identity-check.ts";
import { processResolver } from "../../network/process-resolver.ts";
import { HANDSHAKE } from "../../network/tls-handshake.ts";

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
  /** Set if the status is what matters: bodies of 2xx are not read, and others only as far as they arrive at once. */
  readonly bodyOfErrorsOnly?: boolean;
}

/** Longest wait for the body of an error. */
const ERROR_BODY_TIMEOUT = seconds(1);

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
  let target: Target;
  let tls: object;
  try {
    target = targetOf(request);
    tls = await tlsOptions(request.tls);
  } catch {
    return { kind: "failed", detail: "the URL or a certificate is invalid" };
  }
  const { url, host } = target;
  const deadline = new AbortController();
  const timers = [clock.timeout(timeout, () => deadline.abort())];
  return new Promise((resolve) => {
    // Sends once: got repeats a request of a stream only if something listens for its event `retry`.
    const stream = got.stream(url, {
      method: method as "POST",
      headers: { "user-agent": USER_AGENT, host, ...headers },
      ...defined({ body }),
      https: tls,
      enableUnixSockets: request.unixSocket !== undefined,
      signal: AbortSignal.any([signal, deadline.signal]),
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false,
      dnsLookup: processResolver.lookup,
    });
    const settle = (reply: OutboundReply): void => {
      for (const cancel of timers) cancel();
      resolve(reply);
      stream.destroy();
    };
    let answer: (() => void) | undefined;
    stream.once("response", ({ statusCode: status, headers: received }: Head) => {
      const chunks: Buffer[] = [];
      const bytes = (): Buffer => Buffer.concat(chunks).subarray(0, maxBodyBytes);
      answer = (): void => {
        const retryAfter = parseRetryAfter(received, clock.now());
        const text = isCompressed(received) ? "" : decodeBeginning(bytes());
        settle({ kind: "answer", status, body: text, ...defined({ retryAfter }) });
      };
      // Do not wait for a body that is not needed: it may never end.
      const isError = status >= 300;
      if (maxBodyBytes === 0 || (request.bodyOfErrorsOnly === true && !isError)) return answer();
      if (request.bodyOfErrorsOnly === true) timers.push(clock.timeout(ERROR_BODY_TIMEOUT, answer));
      stream.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        if (bytes().length === maxBodyBytes) answer?.();
      });
      stream.once("end", answer);
    });
    stream.on("error", ({ code }: RequestError) => {
      // Once there is a status, an error while reading the body does not change the outcome.
      if (answer !== undefined) answer();
      else if (deadline.signal.aborted) settle({ kind: "timeout", detail: `no response within ${timeout}s` });
      // The message of an error could contain the URL, and with it a token.
      else settle({ kind: "failed", detail: code });
    });
  });
}

/** The head of a response. */
interface Head {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
}

/** Responses are not decompressed: a small one could become a large one. */
const isCompressed = (headers: IncomingHttpHeaders): boolean =>
  (headers["content-encoding"] ?? "identity") !== "identity";

/** Where a request goes: got's form of its URL, and its Host header, which got does not know for a Unix socket. */
interface Target {
  readonly url: URL | string;
  readonly host: string;
}

/** @throws TypeError if the URL is invalid */
function targetOf({ url, unixSocket }: OutboundRequest): Target {
  const address = new URL(url);
  const { protocol, host, pathname, search } = address;
  return unixSocket === undefined
    ? { url: address, host }
    : { url: `${protocol}//unix:${unixSocket}:${pathname}${search}`, host };
}

/**
 * Returns got's TLS options. Old receivers are reached as old targets are, and their chains verified by the same rules, but
 * all ciphers and groups of OpenSSL's default are offered: nothing has to agree with blackbox_exporter here.
 */
async function tlsOptions({ ca, insecureSkipVerify }: OutboundTls): Promise<object> {
  const own = ca === undefined ? undefined : await ca.reveal();
  return {
    rejectUnauthorized: !insecureSkipVerify,
    ciphers: `${DEFAULT_CIPHERS}:@SECLEVEL=0`,
    secureOptions: HANDSHAKE.secureOptions,
    checkServerIdentity: identityCheck({ ca: own ?? getCACertificates("default") }),
    ...defined({ certificateAuthority: own }),
  };
}
