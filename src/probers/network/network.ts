import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import {
  type Destination,
  destinationOf,
  type Network,
  type NetworkFailure,
  networkFailure,
} from "../../core/network.ts";
import type { ProbeTarget } from "../../core/prober.ts";
import type { Module } from "../../core/target.ts";
import { type AddressPolicy, ANY_ADDRESS, compileAddressPolicy, NO_METADATA } from "../address-policy.ts";
import { isIP, withoutBrackets } from "../ip.ts";
import { compilePathPolicy, isSocketPath, type PathPolicy } from "../path-policy.ts";
import { createAgents } from "./agents.ts";
import { type Endpoint, openTcp, openTls, openUdp } from "./connect.ts";
import {
  chooseAddress,
  guardedLookup,
  lookupAll,
  ownLookup,
  pinnedLookup,
  resolutionOf,
  type SystemLookup,
} from "./resolve.ts";
import { openUnix } from "./unix.ts";

/** The parts of a module that decide where its probes may connect to. */
export type NetworkModule = Pick<Module, "prober" | "options" | "allowedTargets">;

/**
 * Opens the network for one probe of `target`, with the policy of `module`, until `signal` aborts.
 * @param resolver resolves names; the exporter's own by default
 */
export function openNetwork(
  module: NetworkModule,
  target: ProbeTarget,
  signal: AbortSignal,
  clock: Clock,
  resolver: SystemLookup = ownLookup,
): Network {
  const { configured } = target;
  return createNetwork({ ...policiesOf(module), configured, signal, clock, resolver });
}

/** What a module may connect to. */
interface Policies {
  readonly policy: AddressPolicy;
  /** Undefined if every Unix socket is allowed. */
  readonly paths: PathPolicy | undefined;
}

const DEFAULT_POLICIES: Policies = { policy: NO_METADATA, paths: undefined };

const known = new WeakMap<NetworkModule, Policies>();

/** Returns the policies of a module. By default they allow every address except metadata addresses, and every Unix socket. */
function policiesOf(module: NetworkModule): Policies {
  const { prober, options, allowedTargets } = module;
  const configuredOnly = prober.configuredOnly?.(options) ?? false;
  if (allowedTargets === undefined && !configuredOnly) return DEFAULT_POLICIES;
  const allowed = allowedTargets ?? [];
  const policies = known.get(module) ?? {
    policy: compileAddressPolicy(allowed.filter((entry) => !isSocketPath(entry))),
    paths: compilePathPolicy(allowed),
  };
  known.set(module, policies);
  return policies;
}

interface NetworkDeps extends Policies {
  readonly configured: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly resolver: SystemLookup;
}

function createNetwork(deps: NetworkDeps): Network {
  const { policy, paths, configured, signal, clock, resolver } = deps;
  let target: string | undefined;
  /** Returns true for the first destination of a probe, which is its target, if that is configured. */
  const isConfigured = ({ host, port, redirected = false }: Destination): boolean => {
    if (!configured || redirected) return false;
    const authority = `${withoutBrackets(host).toLowerCase()} ${port}`;
    target ??= authority;
    return authority === target;
  };
  const hostRefusal = (to: Destination): string | undefined => {
    const host = withoutBrackets(to.host);
    return to.unresolved === true
      ? policy.refusesUnresolved(host, to.port, isConfigured(to))
      : policy.refusesHost(host, to.port, isConfigured(to));
  };
  const addressRefusal = (ip: string, to: Destination): string | undefined =>
    policy.refusesAddress(ip, withoutBrackets(to.host), to.port, isConfigured(to));

  const check = (to: Destination): NetworkFailure<"forbidden_target"> | undefined => {
    const refusal = hostRefusal(to);
    return refusal === undefined ? undefined : networkFailure("forbidden_target", refusal);
  };

  /** Returns every address of a destination, unchecked. A name that is refused is not resolved. */
  const addressesOf = async (to: Destination): Promise<readonly string[] | NetworkFailure> => {
    if (to.addresses !== undefined) return to.addresses;
    const host = withoutBrackets(to.host);
    return isIP(host) === 0 ? (check(to) ?? lookupAll(host, signal, resolver)) : [host];
  };

  const permitted = (addresses: readonly string[], to: Destination): Endpoint | NetworkFailure => {
    const refusals = addresses.map((ip) => addressRefusal(ip, to));
    const [first, ...others] = addresses.filter((_, i) => refusals[i] === undefined);
    if (first === undefined)
      return networkFailure("forbidden_target", refusals[0] ?? `${to.host} has no address`);
    return {
      host: withoutBrackets(to.host),
      port: to.port,
      addresses: [first, ...others],
      ...defined({ localAddress: to.localAddress }),
    };
  };

  const locate = async (to: Destination): Promise<Endpoint | NetworkFailure> => {
    const found = await addressesOf(to);
    return "ok" in found ? found : permitted(found, to);
  };

  const connect: Network["connect"] = async (to) => {
    const end = await locate(to);
    return "ok" in end ? end : openTcp(end, signal, clock);
  };

  const resolve: Network["resolve"] = async (to, preference) => {
    const started = clock.monotonic();
    const found = await addressesOf(to);
    const seconds = clock.monotonic() - started;
    if ("ok" in found) return { ...found, resolution: resolutionOf(seconds) };
    const chosen = preference === undefined ? found : chooseAddress(found, preference);
    const resolution = resolutionOf(seconds, chosen[0]);
    if (preference !== undefined && chosen.length === 0) {
      const detail = `${to.host} has no IPv${preference.preferred} address and ip_protocol_fallback is off`;
      return { ...networkFailure("dns", detail), resolution };
    }
    const end = permitted(chosen, to);
    if ("ok" in end) return { ...end, resolution };
    const { host, addresses } = end;
    const rest = permitted(
      found.filter((ip) => !chosen.includes(ip)),
      to,
    );
    const others = "ok" in rest ? [] : rest.addresses;
    return { ok: true, addresses, others, resolution, lookup: pinnedLookup(host, addresses) };
  };

  return {
    check,
    resolve,
    connect,
    async connectTls(to, options = {}) {
      const opened = await connect(to);
      return opened.ok ? openTls(opened.socket, withoutBrackets(to.host), options, signal) : opened;
    },
    connectUnix(path) {
      // As with addresses, a configured target needs no entry.
      if (configured) target ??= path;
      const isTarget = path === target;
      const named = isTarget || paths !== undefined;
      return openUnix(path, { policy: isTarget ? undefined : paths, named, signal });
    },
    async connectUdp(to) {
      const end = await locate(to);
      return "ok" in end ? end : openUdp(end, signal);
    },
    agents(url, settings = {}) {
      const refused = check({ ...destinationOf(url), unresolved: settings.proxy !== undefined });
      if (refused !== undefined) return refused;
      const lookupFor = (to: Destination) => guardedLookup((ip) => addressRefusal(ip, to), resolver);
      return { ok: true, agents: createAgents(settings, { refusal: hostRefusal, lookupFor }) };
    },
    unrestricted: () => createNetwork({ ...deps, policy: ANY_ADDRESS, paths: undefined }),
  };
}
