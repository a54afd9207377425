import type { CompileContext, ProbeTarget } from "../../core/prober.ts";
import { ALLOWED_TARGET_FORM, compileAddressPolicy, isAllowedTarget } from "../address-policy.ts";

/** Where a module may go. Both answer with the reason of a refusal, or `undefined`. */
export interface Access {
  refusesTarget(target: ProbeTarget, url: URL): string | undefined;
  /** Asked with every address that the host of `url` resolves to. */
  refusesAddress(target: ProbeTarget, url: URL, ip: string): string | undefined;
}

/**
 * Compiles `allowed_targets`. Configured targets are allowed as such; `?target=` is held against the list, and a module
 * with a credential and no list refuses it, because anybody could have the credential sent to themselves. Link-local
 * and metadata addresses are refused to both, unless the list has them as addresses.
 */
export function compileAccess(
  allowed: readonly string[] | undefined,
  hasCredential: boolean,
  context: CompileContext,
): Access {
  const valid = allowed?.filter((entry, i) => {
    if (isAllowedTarget(entry)) return true;
    context.problem(["allowed_targets", i], entry, ALLOWED_TARGET_FORM);
    return false;
  });
  const open = compileAddressPolicy(undefined);
  const listed = compileAddressPolicy(valid ?? (hasCredential ? [] : undefined));
  return {
    refusesTarget(target, url) {
      const [host, port] = [hostOf(url), portOf(url)];
      const refusal = listed.refusesHost(host, port);
      if (refusal === undefined || !target.configured) return refusal;
      return open.refusesHost(host, port);
    },
    refusesAddress(target, url, ip) {
      const [host, port] = [hostOf(url), portOf(url)];
      const refusal = listed.refusesAddress(ip, host, port);
      if (refusal === undefined || !target.configured) return refusal;
      return open.refusesAddress(ip, host, port);
    },
  };
}

/** The host of `url`, an IPv6 address without its brackets. */
const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, "$1");

const portOf = (url: URL): number => Number(url.port) || (url.protocol === "https:" ? 443 : 80);
