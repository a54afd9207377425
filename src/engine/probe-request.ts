import type { ProbeTarget } from "../core/prober.ts";
import { identityOf, type Module, type Target } from "../core/target.ts";
import type { Seconds } from "../core/units.ts";
import type { SlotUser } from "./limits.ts";

/** A request for a probe: of a configured target, or of an address from an HTTP request. */
export interface ProbeRequest {
  /** Identity. Probes with the same key never run concurrently. */
  readonly key: string;
  readonly target: ProbeTarget;
  readonly module: Module;
  /** Interval between probes; for an address the freshness of its module. */
  readonly interval: Seconds;
  /** Freshness: a younger result is served again. */
  readonly minInterval: Seconds;
  /** True for a tier, whose outcome is not a result of its target. */
  readonly tier?: boolean;
  /** The groups in which it counts for the limits on concurrent probes. */
  readonly slotUser: SlotUser;
}

/** Makes the request for a configured target. */
export const requestFor = (target: Target): ProbeRequest => ({
  key: identityOf(target),
  target,
  module: target.module,
  interval: target.interval,
  minInterval: target.minInterval,
  slotUser: slotUserOf(target, target.module),
});

/** Makes the request for an address. Equal parameters make the same key. */
export const requestForAddress = (target: ProbeTarget, module: Module): ProbeRequest => ({
  key: JSON.stringify([module.name, target.address, target.model, target.hostname]),
  target,
  module,
  interval: module.minInterval,
  minInterval: module.minInterval,
  slotUser: slotUserOf(target, module),
});

/** The name of a share of a module contains a space, so that it is not the name of a host. */
function slotUserOf({ address }: ProbeTarget, { name, prober }: Module): SlotUser {
  const host = hostOf(address);
  return { host, share: prober.hangsAsOne === true ? `module ${name}` : host };
}

const HOST =
  /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/?#]*@)?(\[[^\]]*\]|[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*(?:%[^/?#]*)?|[^:/?#]*)/i;

/** Returns the host in `address`, with or without a scheme. Not by `URL`, which costs more than the engine's other work for a cheap probe. */
const hostOf = (address: string): string => HOST.exec(address)?.[1]?.toLowerCase() ?? "";
