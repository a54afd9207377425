import type { IncomingHttpHeaders } from "node:http";
import { ForbiddenAddressError } from "../../core/network.ts";
import type { ProbeContext } from "../../core/prober.ts";
import { loadClient } from "../client.ts";
import { TlsConfigError } from "../tls-options.ts";
import type { FetchRules } from "./options.ts";
import { type LogProblem, problem } from "./problem.ts";

/** A response before its body. */
export interface RemoteResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The decompressed body; rejects if the signal aborts. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the connection. */
  close(): void;
}

/** Requests a log, without retries or redirects. Rejects with an error that `fetchProblem` translates. */
export async function request(
  url: URL,
  rules: FetchRules,
  asked: Readonly<Record<string, string>>,
  { network, signal }: ProbeContext,
): Promise<RemoteResponse> {
  const open = await loadClient();
  const headers: Record<string, string> = {};
  for (const [name, secret] of Object.entries(rules.headers)) headers[name] = await secret.reveal();
  const made = await rules.agents(network, url);
  if (!made.ok) throw new ForbiddenAddressError(made.detail);
  // Positions count bytes of the log itself, not of a compressed form.
  const sent = { "accept-encoding": "identity", ...headers, ...asked };
  const stream = open(made.agents, url, { headers: sent, signal });
  // An error of a connection that was already closed must not be uncaught.
  stream.on("error", () => {});
  const { statusCode, headers: answered } = await new Promise<{
    statusCode: number;
    headers: IncomingHttpHeaders;
  }>((resolve, reject) => {
    stream.once("response", resolve);
    stream.once("error", reject);
  });
  return { status: statusCode, headers: answered, body: stream, close: () => stream.destroy() };
}

/** Translates a status other than 200, 206, 304 and 416. */
export function statusProblem(address: string, status: number): LogProblem {
  if (status === 404 || status === 410) return problem("file_missing", `${address}: HTTP ${status}`);
  if (status === 401 || status === 403) return problem("auth", `${address}: HTTP ${status}`);
  if (status >= 300 && status < 400)
    return problem("redirect", `${address}: HTTP ${status}; redirects are not followed`);
  return problem("http_status", `${address}: HTTP ${status}, want 200 or 206`);
}

/** Reasons by the error codes of Node.js. */
const REASONS: Readonly<Record<string, LogProblem["reason"]>> = {
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  ECONNREFUSED: "connect",
  EHOSTUNREACH: "connect",
  ENETUNREACH: "connect",
  EPROTO: "tls",
};

/** Translates an error of a request. Only shows its code, because its text may contain the address with a password. */
export function fetchProblem(address: string, error: unknown): LogProblem {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ForbiddenAddressError) return problem("forbidden_target", cause.message);
    if (cause instanceof TlsConfigError) return problem("tls", cause.message);
    const code = "code" in cause ? String(cause.code) : "";
    if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO/.test(code)) return problem("certificate", `${address}: ${code}`);
    const reason = REASONS[code];
    if (reason !== undefined) return problem(reason, `${address}: ${code}`);
    if (cause.cause === undefined) return problem("network", `${address}: ${code || cause.name}`);
  }
  return problem("network", `${address} cannot be fetched`);
}
