import { type Sample, sample } from "../../core/metric.ts";
import type { Resolution } from "../../core/network.ts";
import { resolutionSamples } from "../resolution.ts";
import { icmpMetrics } from "./metrics.ts";
import type { EchoReply, PingOutput } from "./output.ts";

/** Times of one probe, in seconds; 0 for what was not reached. */
export interface IcmpTimes {
  readonly resolve: number;
  /** The time of this machine: until the first echo request is sent, and until the reply is read. */
  readonly setup: number;
  readonly rtt: number;
  /** From the first echo request to the reply, longer than `rtt` if another one was answered. */
  readonly answered: number;
}

/** Shortest time of a phase that was reached. `ping` measures in microseconds, and 0 would mean that it was not reached. */
const SHORTEST = 1e-6;

/** Seconds between two echo requests. */
const INTERVAL = 1;

/**
 * Returns the times of a probe with a reply. `ping` measures by the clock of the machine, which may be set meanwhile, so that no
 * time of its is taken that is longer than the run.
 * @param waited length of the run
 * @param starting time that starting the process took
 */
export function timesOf(
  { sequence, milliseconds }: Pick<EchoReply, "sequence" | "milliseconds">,
  waited: number,
  starting: number,
): Omit<IcmpTimes, "resolve"> {
  const bound = (length: number): number => Math.max(SHORTEST, Math.min(length, waited));
  // Without a timestamp in the payload, the time that ping itself takes cannot be told apart.
  const rtt = bound(milliseconds === undefined ? waited - starting : milliseconds / 1000);
  const answered = bound((sequence - 1) * INTERVAL + rtt);
  return { rtt, answered, setup: Math.max(SHORTEST, waited - answered) };
}

const PHASES = { resolve: { phase: "resolve" }, setup: { phase: "setup" }, rtt: { phase: "rtt" } } as const;

/** Makes the samples of one probe: blackbox_exporter's, when that has them, and the number of requests. */
export function samplesOf(
  resolution: Resolution,
  times: Pick<IcmpTimes, "resolve" | "setup" | "rtt">,
  output?: PingOutput,
  reply?: EchoReply,
): readonly Sample[] {
  const { hopLimit } = reply ?? {};
  return [
    sample(icmpMetrics.duration, times.resolve, PHASES.resolve),
    sample(icmpMetrics.duration, times.setup, PHASES.setup),
    sample(icmpMetrics.duration, times.rtt, PHASES.rtt),
    ...(hopLimit === undefined ? [] : [sample(icmpMetrics.hopLimit, hopLimit)]),
    ...(output === undefined || output.sent === 0 ? [] : [sample(icmpMetrics.requests, output.sent)]),
    ...resolutionSamples(resolution),
  ];
}
