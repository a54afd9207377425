import type { IpPreference } from "../../core/network.ts";
import type { CompileContext } from "../../core/prober.ts";
import { checkAllowedTargets } from "../address-policy.ts";
import { isIP } from "../ip.ts";
import { compileIpPreference } from "../resolution.ts";
import { pingProblem } from "./ping.ts";
import type { IcmpOptions } from "./schema.ts";

/** A compiled `icmp` module. */
export interface IcmpModule {
  readonly ip: IpPreference;
  /** Address to send from; the operating system chooses one by default. */
  readonly source: string | undefined;
  /** Bytes of payload. */
  readonly size: number;
  readonly dontFragment: boolean;
  /** Time to live or hop limit; 0 for that of the operating system. */
  readonly ttl: number;
  /** True if further echo requests are sent until a reply comes. */
  readonly resend: boolean;
  /** The folders in which `ping` is looked for, as in `PATH`. */
  readonly path: string;
}

/** Length of the payload that blackbox_exporter sends if `payload_size` is 0: its name. */
const DEFAULT_SIZE = 28;

const DEFAULT_TTL = 64;

/** An entry of `allowed_targets` for one port. */
const WITH_PORT = /^(?:\[[^\]]*\]|[^:]*):\d+$/;

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Compiles validated options, and warns if this machine has no `ping` that works. */
export function compileIcmp(options: IcmpOptions, context: CompileContext): IcmpModule {
  checkAllowedTargets(options.allowed_targets, context);
  for (const [i, entry] of options.allowed_targets?.entries() ?? []) {
    if (WITH_PORT.test(entry))
      context.problem(["allowed_targets", i], entry, "no port, because ICMP has none");
  }
  const { source_ip_address: source, payload_size: size = 0, ttl = DEFAULT_TTL } = options;
  if (source && isIP(source) === 0) {
    context.problem(["source_ip_address"], source, "an IP address");
  }
  const path = context.environment["PATH"] || DEFAULT_PATH;
  warnOnce(path, context);
  return {
    ip: compileIpPreference(options),
    source: source || undefined,
    size: size === 0 ? DEFAULT_SIZE : size,
    dontFragment: options.dont_fragment ?? false,
    ttl,
    resend: options.resend ?? true,
    path,
  };
}

/** Loads that have been checked, by the one object that all modules of a load share. */
const checked = new WeakSet<CompileContext["metricNames"]>();

/** Warns at the first module of a load. */
function warnOnce(path: string, context: CompileContext): void {
  if (checked.has(context.metricNames)) return;
  checked.add(context.metricNames);
  const problem = pingProblem(path);
  if (problem !== undefined) {
    context.warn([], `no icmp module can probe on this machine (reason prober_unavailable): ${problem}`);
  }
}
