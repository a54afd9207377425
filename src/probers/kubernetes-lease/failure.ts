import type { LeaseCallReason } from "../../core/lease.ts";

/** The reason for an answer of the API server that is no Lease. */
export function reasonOfStatus(status: number): LeaseCallReason {
  if (status === 401 || status === 403) return "auth";
  if (status === 429) return "rate_limited";
  return status >= 500 ? "server_error" : "http_status";
}

/** The reason for a call that got no answer, with what the system says of it. */
export function reasonOfError(
  error: unknown,
  aborted: boolean,
): { readonly reason: LeaseCallReason; readonly detail: string } {
  if (aborted) return { reason: "timeout", detail: "the API server did not answer in time" };
  const code = codeOf(error);
  return { reason: reasonOfCode(code), detail: describe(error) };
}

function reasonOfCode(code: string): LeaseCallReason {
  if (/^(?:ENOTFOUND|EAI_)/.test(code)) return "dns";
  if (/^E(?:CONNREFUSED|HOSTUNREACH|NETUNREACH|HOSTDOWN|ADDRNOTAVAIL|TIMEDOUT|ACCES)$/.test(code))
    return "connect";
  if (code.startsWith("HPE_")) return "malformed";
  if (/CERT|^ERR_(?:TLS|SSL|OSSL)|SIGNATURE|ISSUER|^EPROTO$/.test(code)) return "tls";
  return "network";
}

/** Errors of several addresses (`AggregateError`) say nothing themselves. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.map(describe).join("; ");
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}
