import type { LeaseCallReason } from "../../core/lease.ts";
import { codeOf, describeError } from "../errors.ts";

/** Returns the reason for a response of the API server that is not a Lease. */
export function reasonOfStatus(status: number): LeaseCallReason {
  if (status === 401 || status === 403) return "auth";
  if (status === 429) return "rate_limited";
  return status >= 500 ? "server_error" : "http_status";
}

/** Returns the reason for a call without a response, and the description of its error. */
export function reasonOfError(
  error: unknown,
  aborted: boolean,
): { readonly reason: LeaseCallReason; readonly detail: string } {
  if (aborted) return { reason: "timeout", detail: "the API server did not answer in time" };
  return { reason: reasonOfCode(codeOf(error) ?? ""), detail: describeError(error) };
}

function reasonOfCode(code: string): LeaseCallReason {
  if (/^(?:ENOTFOUND|EAI_)/.test(code)) return "dns";
  if (/^E(?:CONNREFUSED|HOSTUNREACH|NETUNREACH|HOSTDOWN|ADDRNOTAVAIL|TIMEDOUT|ACCES)$/.test(code))
    return "connect";
  if (code.startsWith("HPE_")) return "malformed";
  if (/CERT|^ERR_(?:TLS|SSL|OSSL)|SIGNATURE|ISSUER|^EPROTO$/.test(code)) return "tls";
  return "network";
}
