import type { Clock } from "../../core/clock.ts";
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
import { withoutBrackets } from "../ip.ts";
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
  return createNetwork({ policy: policyOf(module), configured: target.configured, signal, clock, resolver });
}

const policies = new WeakMap<NetworkModule, AddressPolicy>();

/** Returns the policy of a module. By default it allows every address except metadata addresses. */
function policyOf(module: NetworkModule): AddressPolicy {
  const { prober, options, allowedTargets } = module;
  const configuredOnly = prober.configuredOnly?.(options) ?? false;
  if (allowedTargets === undefined && !configuredOnly) return NO_METADATA;
  const policy = policies.get(module) ?? compileAddressPolicy(allowedTargets ?? []);
  policies.set(module, policy);
  return policy;
}

interface NetworkDeps {
  readonly policy: AddressPolicy;
  readonly configured: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly resolver: SystemLookup;
}

function createNetwork(deps: NetworkDeps): Network {
  const { policy, configured, signal, clock, resolver } = deps;
  let target: string | undefined;
  /** Returns true for the first destination of a probe, which is its target, if that is configured. */
  const isConfigured = ({ host, port, redirected = false }: Destination): boolean => {
    if (!configured || redirected) return false;
    const authority = `${withoutBrackets(host).toLowerCase()} ${port}`;
    target ??= authority;
    return authority === target;
  };
  const hostRefusal = (to: Destination): string | undefined =>
    policy.refusesHost(withoutBrackets(to.host), to.port, isConfigured(to));
  const addressRefusal = (ip: string, to: Destination): string | undefined =>
    policy.refusesAddress(ip, withoutBrackets(to.host), to.port, isConfigured(to));

  const check = (to: Destination): NetworkFailure<"forbidden_target"> | undefined => {
    const refusal = hostRefusal(to);
    return refusal === undefined ? undefined : networkFailure("forbidden_target", refusal);
  };

  const resolve: Network["resolve"] = async (to, preference) => {
    const refused = check(to);
    if (refused !== undefined) return { ...refused, resolution: resolutionOf(0) };
    const host = withoutBrackets(to.host);
    const started = clock.monotonic();
    const found = to.addresses ?? (await lookupAll(host, signal, resolver));
    const seconds = clock.monotonic() - started;
    if ("ok" in found) return { ...found, resolution: resolutionOf(seconds) };
    const candidates = preference === undefined ? found : chooseAddress(found, preference);
    const resolution = resolutionOf(seconds, candidates[0]);
    if (candidates.length === 0) {
      const missing = preference === undefined ? "address" : `IPv${preference.preferred} address`;
      return { ...networkFailure("dns", `${host} has no ${missing}`), resolution };
    }
    const refusals = candidates.map((ip) => addressRefusal(ip, to));
    const [first, ...others] = candidates.filter((_, i) => refusals[i] === undefined);
    if (first === undefined) return { ...networkFailure("forbidden_target", refusals[0] ?? ""), resolution };
    const addresses = [first, ...others] as const;
    return { ok: true, addresses, resolution, lookup: pinnedLookup(host, addresses) };
  };

  const locate = async (to: Destination): Promise<({ ok: true } & Endpoint) | NetworkFailure> => {
    const found = await resolve(to);
    if (!found.ok) return networkFailure(found.reason, found.detail);
    return { ok: true, host: withoutBrackets(to.host), port: to.port, addresses: found.addresses };
  };

  const connect: Network["connect"] = async (to) => {
    const end = await locate(to);
    return end.ok ? openTcp(end, signal) : end;
  };

  return {
    check,
    resolve,
    connect,
    async connectTls(to, options = {}) {
      const opened = await connect(to);
      return opened.ok ? openTls(opened.socket, withoutBrackets(to.host), options, signal) : opened;
    },
    async connectUdp(to) {
      const end = await locate(to);
      return end.ok ? openUdp(end, signal) : end;
    },
    agents(url, settings = {}) {
      const refused = check(destinationOf(url));
      if (refused !== undefined) return refused;
      const lookupFor = (to: Destination) => guardedLookup((ip) => addressRefusal(ip, to), resolver);
      return { ok: true, agents: createAgents(settings, { refusal: hostRefusal, lookupFor }) };
    },
    get unrestricted() {
      return createNetwork({ ...deps, policy: ANY_ADDRESS });
    },
  };
}
