import { ForbiddenAddressError } from "../../core/network.ts";
import { rootCause } from "../errors.ts";
import { isIP } from "../ip.ts";
import type { ExchangePhase } from "./exchange.ts";
import type { Page } from "./page.ts";
import type { LlmReason } from "./reasons.ts";
import { reasonOfCommonCode } from "./wire/error-codes.ts";
import { lookUp } from "./wire/json.ts";
import type { ApiError, WireFormat } from "./wire/types.ts";

/** Returns the reason for an unsuccessful response: by its status and the API's error codes, never by wording. */
export function reasonOfResponse(
  status: number,
  { apiError, page }: { readonly apiError?: ApiError; readonly page?: Page },
  format: WireFormat,
): LlmReason {
  if (page !== undefined) return reasonOfPage(status, page);
  const byCode = reasonOfCodes(apiError, format);
  const byStatus = format.statusReasons?.[status] ?? reasonOfStatus(status, apiError !== undefined);
  // A code that only tells the client's fault from the server's gives way to a more specific status.
  return byCode === undefined || (VAGUE.has(byCode) && !VAGUE.has(byStatus)) ? byStatus : byCode;
}

const VAGUE: ReadonlySet<LlmReason> = new Set(["server_error", "bad_request"]);

/** Returns the reason for an error inside a successful response. */
export function reasonOfInnerError(error: ApiError, format: WireFormat, streamed: boolean): LlmReason {
  const byCode = reasonOfCodes(error, format);
  const byStatus = error.status === undefined ? undefined : reasonOfStatus(error.status, true);
  if (byCode !== undefined && !(VAGUE.has(byCode) && byStatus !== undefined && !VAGUE.has(byStatus)))
    return byCode;
  return byStatus ?? (streamed ? "stream_error" : "server_error");
}

/** Returns the reason that the codes of an error stand for: money before all, and a vague one only without another. */
function reasonOfCodes(error: ApiError | undefined, format: WireFormat): LlmReason | undefined {
  const reasons = (error?.codes ?? []).flatMap(
    (code) => lookUp(format.errorReasons, code) ?? reasonOfCommonCode(code) ?? [],
  );
  // An account without credit is reported beside the type of a rate limit or of a missing permission.
  if (reasons.includes("billing")) return "billing";
  return reasons.find((reason) => !VAGUE.has(reason)) ?? reasons[0];
}

/** Returns the reason for a page of a CDN or a proxy, which says nothing about the key or the model behind it. */
function reasonOfPage(status: number, { wantsCredentials, asksToWait }: Page): LlmReason {
  if ((status === 401 && wantsCredentials) || status === 407) return "auth";
  if (status === 429 && asksToWait) return "rate_limited";
  const reason = reasonOfStatus(status, false);
  return PAGE_REASONS.has(reason) ? reason : "http_status";
}

/** The reasons that are true of whatever sends the status. */
const PAGE_REASONS: ReadonlySet<LlmReason> = new Set(["billing", "server_error", "overloaded", "redirect"]);

/** @param fromApi true if the API itself sent the status, false if it may be from a gateway in front of it */
function reasonOfStatus(status: number, fromApi: boolean): LlmReason {
  switch (status) {
    case 401:
    case 403:
    // The credentials of the proxy.
    case 407:
      return "auth";
    case 402:
      return "billing";
    case 404:
    // A model or a route that existed once.
    case 410:
      return "model_not_found";
    case 429:
      return "rate_limited";
    case 503:
      return fromApi ? "overloaded" : "server_error";
    case 529:
      return "overloaded";
    // A timeout, or a model that failed behind the server: the request itself is not at fault.
    case 408:
    case 424:
      return "server_error";
  }
  if (status >= 500) return "server_error";
  if (status >= 400) return "bad_request";
  return status >= 300 ? "redirect" : "http_status";
}

/** Returns the reason for a connection that failed before a status arrived, by its progress. */
export function reasonOfConnection(
  error: unknown,
  progress: ExchangePhase,
  host: string,
  proxied = false,
): LlmReason {
  if (rootCause(error) instanceof ForbiddenAddressError) return "forbidden_target";
  // The HTTP parser failed: the server does not speak HTTP.
  if (codeOf(error).startsWith("HPE_")) return "malformed";
  if (proxied && progress === "resolving") return reasonOfTunnel(codeOf(rootCause(error)));
  // An IP address is not resolved, so it is the connection that failed.
  if (progress === "resolving" && isIP(host.replace(/^\[(.*)\]$/, "$1")) !== 0) return "connect";
  return REASON_OF_PROGRESS[progress];
}

/** Returns the reason for a tunnel that failed: its progress is unknown, so that the error code decides. */
function reasonOfTunnel(code: string): LlmReason {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "dns";
  if (code === "ERR_PROXY_TUNNEL" || SYSTEM_ERROR.test(code)) return "connect";
  return "tls";
}

/** Error codes of the operating system's network functions, unlike those of OpenSSL. */
const SYSTEM_ERROR = /^E(?:CONN|HOST|NET|TIMEDOUT|ADDR|ACCES|PIPE)/;

const REASON_OF_PROGRESS = {
  resolving: "dns",
  connecting: "connect",
  securing: "tls",
  waiting: "network",
  answering: "network",
} as const satisfies Record<ExchangePhase, LlmReason>;

/** Returns the reason for a probe that ran out of time, by its progress. */
export function reasonOfTimeout(progress: ExchangePhase, streamed: boolean, hasToken: boolean): LlmReason {
  if (progress !== "waiting" && progress !== "answering") return "timeout_connect";
  return streamed && !hasToken ? "timeout_first_token" : "timeout";
}

/** Describes an error for people. An `AggregateError`, of several addresses, has no message of its own. */
export function describe(error: unknown): string {
  const cause = rootCause(error);
  if (cause instanceof AggregateError) return cause.errors.map(describe).join("; ");
  return cause instanceof Error ? cause.message : String(cause);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}
