import { ForbiddenAddressError } from "../../core/network.ts";
import type { FailureReason } from "../../core/reasons.ts";
import { isIP } from "../ip.ts";
import type { ExchangePhase } from "./exchange.ts";
import type { ApiError, WireFormat } from "./wire/types.ts";

/** The reason for a response that is none of success, by its status and the API's codes, never by wording. */
export function reasonOfResponse(
  status: number,
  error: ApiError | undefined,
  format: WireFormat,
): FailureReason {
  const byCode = reasonOfCodes(error, format);
  const byStatus = reasonOfStatus(status, error !== undefined);
  // A code that only says whose fault it is, is less than a status that says what it was.
  return byCode === undefined || (VAGUE.has(byCode) && !VAGUE.has(byStatus)) ? byStatus : byCode;
}

const VAGUE: ReadonlySet<FailureReason> = new Set(["server_error", "bad_request"]);

/** The reason for an error that came inside a successful response. */
export function reasonOfInnerError(error: ApiError, format: WireFormat, streamed: boolean): FailureReason {
  const byCode = reasonOfCodes(error, format);
  if (byCode !== undefined) return byCode;
  if (error.status !== undefined) return reasonOfStatus(error.status, true);
  return streamed ? "stream_error" : "server_error";
}

function reasonOfCodes(error: ApiError | undefined, format: WireFormat): FailureReason | undefined {
  for (const code of error?.codes ?? []) {
    if (Object.hasOwn(format.errorReasons, code)) return format.errorReasons[code];
  }
  return undefined;
}

/** @param spoken whether the API itself said so, and not something in front of it */
function reasonOfStatus(status: number, spoken: boolean): FailureReason {
  switch (status) {
    case 401:
    case 403:
      return "auth";
    case 402:
      return "billing";
    case 404:
      return "model_not_found";
    case 429:
      return "rate_limited";
    case 503:
      return spoken ? "overloaded" : "server_error";
    case 529:
      return "overloaded";
    // A timeout and a model that failed behind the server: not what we asked for is wrong.
    case 408:
    case 424:
      return "server_error";
  }
  if (status >= 500) return "server_error";
  if (status >= 400) return "bad_request";
  return status >= 300 ? "redirect" : "http_status";
}

/** The reason for a connection that failed before any status, by how far it got. */
export function reasonOfConnection(
  error: unknown,
  progress: ExchangePhase,
  host: string,
  proxied = false,
): FailureReason {
  if (rootCause(error) instanceof ForbiddenAddressError) return "forbidden_target";
  // The parser of HTTP met something else.
  if (codeOf(error).startsWith("HPE_")) return "malformed";
  if (proxied && progress === "resolving") return reasonOfTunnel(codeOf(rootCause(error)));
  // An address needs no resolution, so it is the connection that failed.
  if (progress === "resolving" && isIP(host.replace(/^\[(.*)\]$/, "$1")) !== 0) return "connect";
  return REASON_OF_PROGRESS[progress];
}

/** A tunnel fails before anything of it is seen, so that its error has to say where. */
function reasonOfTunnel(code: string): FailureReason {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "dns";
  if (code === "ERR_PROXY_TUNNEL" || SYSTEM_ERROR.test(code)) return "connect";
  return "tls";
}

/** Of the network, not of OpenSSL. */
const SYSTEM_ERROR = /^E(?:CONN|HOST|NET|TIMEDOUT|ADDR|ACCES|PIPE)/;

const REASON_OF_PROGRESS = {
  resolving: "dns",
  connecting: "connect",
  securing: "tls",
  waiting: "network",
  answering: "network",
} as const satisfies Record<ExchangePhase, FailureReason>;

/** The reason for a probe that ran out of time, by how far it got. */
export function reasonOfTimeout(
  progress: ExchangePhase,
  streamed: boolean,
  hasToken: boolean,
): FailureReason {
  if (progress !== "waiting" && progress !== "answering") return "timeout_connect";
  return streamed && !hasToken ? "timeout_first_token" : "timeout";
}

/** `error` in words; errors of several addresses (`AggregateError`) say nothing themselves. */
export function describe(error: unknown): string {
  const cause = rootCause(error);
  if (cause instanceof AggregateError) return cause.errors.map(describe).join("; ");
  return cause instanceof Error ? cause.message : String(cause);
}

const rootCause = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? rootCause(error.cause) : error;

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}
