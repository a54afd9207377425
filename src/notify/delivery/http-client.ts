import type { IncomingHttpHeaders } from "node:http";
import type { Got } from "got";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { OutboundTls } from "../../core/relay.ts";
import { parseRetryAfter } from "../../core/retry-after.ts";
import type { Seconds } from "../../core/units.ts";
import { LONGEST_RETRY_AFTER } from "./retry.ts";

let client: Promise<Got> | undefined;

/** It is a good part of the exporter's memory, so it is loaded with the first request. */
const loadClient = (): Promise<Got> => (client ??= import("got").then(({ default: got }) => got));

const USER_AGENT = "heartbeat-exporter";

/** A request that is ready to be sent. */
export interface OutboundRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** The longest time for all of it. */
  readonly timeout: Seconds;
  readonly tls: OutboundTls;
  /** The path of a socket to speak through, instead of the address. */
  readonly unixSocket?: string;
  /** How much of the answer is kept, in bytes. */
  readonly keep: number;
}

/** What came back. `detail` is for people and holds neither the address nor anything of the answer. */
export type OutboundReply =
  | { readonly kind: "answer"; readonly status: number; readonly retryAfter?: Seconds; readonly body: string }
  | { readonly kind: "timeout"; readonly detail: string }
  | { readonly kind: "failed"; readonly detail: string };

/** Sends `request` once; redirects are not followed, because a signed body is for one receiver. Never rejects. */
export async function send(
  request: OutboundRequest,
  signal: AbortSignal,
  clock: Clock,
): Promise<OutboundReply> {
  const got = await loadClient();
  const { method, headers, timeout, keep } = request;
  // Without one got waits for somebody to write it.
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
    return { kind: "failed", detail: "the address or a certificate cannot be used" };
  }
  const late = new AbortController();
  const cancel = clock.after(timeout, () => late.abort());
  return new Promise((resolve) => {
    const stream = got.stream(url, {
      method: method as "POST",
      headers: { "user-agent": USER_AGENT, ...hostOf(request), ...headers },
      ...defined({ body }),
      https: tls,
      enableUnixSockets: request.unixSocket !== undefined,
      signal: AbortSignal.any([signal, late.signal]),
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false,
    });
    const chunks: Buffer[] = [];
    let kept = 0;
    let head: { readonly statusCode: number; readonly headers: IncomingHttpHeaders } | undefined;
    const settle = (reply: OutboundReply): void => {
      cancel();
      resolve(reply);
      stream.destroy();
    };
    const answer = (): void => {
      if (head === undefined) return settle({ kind: "failed", detail: "no answer" });
      const retryAfter = parseRetryAfter(head.headers, clock.now(), LONGEST_RETRY_AFTER);
      settle({
        kind: "answer",
        status: head.statusCode,
        body: Buffer.concat(chunks).subarray(0, keep).toString("utf8"),
        ...defined({ retryAfter }),
      });
    };
    stream.once("response", (response: NonNullable<typeof head>) => {
      head = response;
      // The status is the answer; what else is said can be without end.
      if (keep === 0) answer();
    });
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      kept += chunk.length;
      if (kept >= keep) answer();
    });
    stream.once("end", answer);
    stream.on("error", (error: unknown) => {
      // It was done, whatever became of the rest of the answer.
      if (head !== undefined) return answer();
      if (late.signal.aborted) settle({ kind: "timeout", detail: `no answer within ${timeout}s` });
      else settle({ kind: "failed", detail: codeOf(error) });
    });
  });
}

/** Behind a socket, too, a server may want to know under which name it is spoken to. */
const hostOf = ({ url, unixSocket }: OutboundRequest): { readonly host?: string } =>
  unixSocket === undefined ? {} : { host: new URL(url).host };

/** got's own form of an address on a socket. */
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

/** Messages of errors may quote addresses, and with them tokens; codes do not. */
const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "no answer";
