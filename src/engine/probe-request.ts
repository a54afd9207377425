import type { ProbeTarget } from "../core/prober.ts";
import { identityOf, type Module, type Target } from "../core/target.ts";
import type { Seconds } from "../core/units.ts";

/** What can be probed: a configured target, or an address that somebody asked for. */
export interface ProbeRequest {
  /** Identity: probes of one key never run side by side. */
  readonly key: string;
  readonly target: ProbeTarget;
  readonly module: Module;
  /** How often it is probed, of what is known about that. */
  readonly interval: Seconds;
  /** A result younger than this is served again. */
  readonly minInterval: Seconds;
  /** It is a tier of a target and not the target: what comes of it is no result of that. */
  readonly tier?: boolean;
  /** Host that the per-host limit counts. */
  readonly host: string;
}

export const requestFor = (target: Target): ProbeRequest => ({
  key: identityOf(target),
  target,
  module: target.module,
  interval: target.interval,
  minInterval: target.minInterval,
  host: hostOf(target.address),
});

/** The subject of an address from a request: the same request is the same subject. */
export const requestForAddress = (target: ProbeTarget, module: Module): ProbeRequest => ({
  key: JSON.stringify([module.name, target.address, target.model, target.hostname]),
  target,
  module,
  interval: module.minInterval,
  minInterval: module.minInterval,
  host: hostOf(target.address),
});

const HOST = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/?#]*@)?(\[[^\]]*\]|[^:/?#]*)/i;

/** The host in `address`, be it an URL or not; a pattern, because URL costs more than the rest of a cheap probe's envelope. */
const hostOf = (address: string): string => HOST.exec(address)?.[1]?.toLowerCase() ?? "";
