import type { CompileContext, ProbeTarget } from "../core/prober.ts";
import { compileAllowedTargets } from "./address-policy.ts";

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
  const policy = compileAllowedTargets(allowed ?? (hasCredential ? [] : undefined), context);
  return {
    refusesTarget: ({ configured }, url) => policy.refusesHost(hostOf(url), portOf(url), configured),
    refusesAddress: ({ configured }, url, ip) =>
      policy.refusesAddress(ip, hostOf(url), portOf(url), configured),
  };
}

/** The host of `url`, an IPv6 address without its brackets. */
const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, "$1");

const portOf = (url: URL): number => Number(url.port) || (url.protocol === "https:" ? 443 : 80);
