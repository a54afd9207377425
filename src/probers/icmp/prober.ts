import type { Resolution } from "../../core/network.ts";
import {
  type Failure,
  failed,
  type Objection,
  type ProbeContext,
  type ProbeResult,
  type Prober,
  type ProbeTarget,
  succeeded,
} from "../../core/prober.ts";
import { seconds } from "../../core/units.ts";
import { addressBytes, isIP, versionOf } from "../ip.ts";
import { echo } from "./echo.ts";
import { icmpMetrics } from "./metrics.ts";
import { compileIcmp, type IcmpModule } from "./options.ts";
import type { PingOutput } from "./output.ts";
import { type IcmpReason, icmpReasons } from "./reasons.ts";
import { samplesOf, timesOf } from "./samples.ts";
import { type IcmpOptions, icmpSchema } from "./schema.ts";

/**
 * Sends ICMP echo requests by the `ping` of iputils and waits for a reply. Options, series and verdicts are those of
 * blackbox_exporter's `icmp` prober; `docs/blackbox-differences.md` lists the differences.
 * @example
 * const module = icmpProber.compile({ preferred_ip_protocol: "ip4" }, compileContext);
 * const { outcome } = await icmpProber.probe({ address: "127.0.0.1", configured: true }, module, context);
 */
export const icmpProber = {
  kind: "icmp",
  metrics: Object.values(icmpMetrics),
  reasons: icmpReasons,
  schema: icmpSchema,
  costly: false,
  compile: compileIcmp,
  objection,
  probe: probeIcmp,
} satisfies Prober<IcmpOptions, IcmpModule, IcmpReason>;

const TARGET_FORM = "a host name or an IP address, without scheme, port and brackets";

/** The end of what some programs take for an IPv4 address: `127.1`, `0x7f.1`, `010.0.0.1`, which is 8.0.0.1. No name ends so. */
const NUMERIC = /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/i;

const isHost = (text: string): boolean =>
  isIP(text) !== 0 || (/^[^\s:/?#@[\]]+$/.test(text) && !NUMERIC.test(text));

/** Objects to a configured target that is no host. As in blackbox_exporter, such a `?target=` is a failed probe instead. */
function objection({ address, configured }: ProbeTarget): Objection | undefined {
  return configured && !isHost(address) ? { part: "target", want: TARGET_FORM } : undefined;
}

const NOT_RESOLVED: Resolution = { seconds: 0, protocol: 0, hash: 0 };

/** The phases of a probe that ended before anything was sent. */
const NO_TIMES = { resolve: 0, setup: 0, rtt: 0 };

async function probeIcmp(
  { address: host }: ProbeTarget,
  module: IcmpModule,
  context: ProbeContext,
): Promise<ProbeResult<IcmpReason>> {
  if (!isHost(host)) {
    const outcome = failed("dns", `${host} cannot be resolved: want ${TARGET_FORM}`);
    return { outcome, samples: samplesOf(NOT_RESOLVED, NO_TIMES) };
  }
  const resolved = await context.network.resolve({ host, port: 0 }, module.ip);
  const { resolution } = resolved;
  if (!resolved.ok) {
    const reason = resolved.reason === "forbidden_target" ? resolved.reason : "dns";
    return { outcome: failed(reason, resolved.detail), samples: samplesOf(resolution, NO_TIMES) };
  }
  const address = withoutMapping(resolved.addresses[0]);
  context.log("resolved", { ip: address, seconds: resolution.seconds });
  return probeAddress(address, resolution, module, context);
}

async function probeAddress(
  address: string,
  resolution: Resolution,
  module: IcmpModule,
  context: ProbeContext,
): Promise<ProbeResult<IcmpReason>> {
  const { signal, clock } = context;
  const { seconds: resolve } = resolution;
  const begun = clock.monotonic();
  const wrong = unsendable(address, module);
  if (wrong !== undefined) {
    const setup = wrong.reason === "too_large" ? clock.monotonic() - begun : 0;
    return { outcome: wrong, samples: samplesOf(resolution, { resolve, setup, rtt: 0 }) };
  }
  const { verdict, run, output } = await echo(address, module, context);
  const ended = signal.aborted ? clock.monotonic() : clock.arrival().earliest;
  if (!verdict.ok) {
    const { reason, detail } = verdict;
    const times = { resolve, setup: wasReady(reason, output) ? run.starting : 0, rtt: 0 };
    return { outcome: failed(reason, detail), samples: samplesOf(resolution, times, output) };
  }
  const { reply } = verdict;
  const times = { resolve, ...timesOf(reply, ended - begun, run.starting) };
  return {
    outcome: succeeded,
    samples: samplesOf(resolution, times, output, reply),
    // The time in which this machine starts ping is not the target's.
    duration: seconds(resolve + times.answered),
    phases: { resolve: seconds(resolve), processing: seconds(times.answered) },
  };
}

/** Returns true if a socket was ready to send, from which time on blackbox_exporter has a time for `setup`. */
const wasReady = (reason: IcmpReason, { complaints }: PingOutput): boolean =>
  reason !== "prober_unavailable" && !complaints.some((line) => line.startsWith("bind"));

/** Returns an IPv4 address for an IPv6 address that stands for one, to which blackbox_exporter sends IPv4 too. */
const withoutMapping = (ip: string): string =>
  isIP(ip) === 6 && versionOf(ip) === 4 ? addressBytes(ip).join(".") : ip;

/** Returns why no packet can be sent, which `ping` would not tell, or not in all versions. */
function unsendable(address: string, { source, size }: IcmpModule): Failure<IcmpReason> | undefined {
  const version = isIP(address);
  if (source !== undefined && isIP(source) !== version)
    return failed("connect", `source_ip_address ${source} is not an IPv${version} address, as ${address} is`);
  return version === 4 && size > LARGEST_IPV4
    ? failed("too_large", `an IPv4 packet has at most ${LARGEST_IPV4} bytes of payload instead of ${size}`)
    : undefined;
}

/** 65535 bytes, less the headers of IPv4 and ICMP. */
const LARGEST_IPV4 = 65_507;
