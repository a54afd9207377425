import type { ProbeContext } from "../../core/prober.ts";
import { isIP } from "../ip.ts";
import { pingArguments } from "./arguments.ts";
import type { IcmpModule } from "./options.ts";
import { type PingOutput, parsePing } from "./output.ts";
import { type PingRun, runPing } from "./ping.ts";
import { judge, type Verdict } from "./verdict.ts";

/** The end of all runs of `ping` for one probe. */
export interface Echo {
  readonly verdict: Verdict;
  readonly run: PingRun;
  readonly output: PingOutput;
}

/**
 * Most runs of one probe. A further one is made if a reply is not the wanted one, which may be that to another program with the
 * same identifier; if a packet was too large for the path and the next one is fragmented; and if something has ended `ping`.
 */
const MOST_RUNS = 3;

/** Sends echo requests to an address until a reply or an error comes, or the signal aborts. */
export async function echo(address: string, module: IcmpModule, context: ProbeContext): Promise<Echo> {
  const { signal, clock, log } = context;
  const args = pingArguments(address, module);
  const { size, dontFragment } = module;
  const request = { address, size, fragmentable: !dontFragment || isIP(address) === 6 };
  for (let left = MOST_RUNS - 1; ; left -= 1) {
    log("starting ping", { arguments: args.join(" ") });
    const run = await runPing(args, { signal, clock, path: module.path });
    const output = parsePing(run.stdout, run.stderr);
    const verdict = judge(run, output, request);
    logRun(output, log);
    if (verdict.ok || !verdict.retry || left === 0 || signal.aborted) return { verdict, run, output };
    log("repeating", { because: verdict.detail });
  }
}

function logRun({ reply, errors, complaints, sent }: PingOutput, log: ProbeContext["log"]): void {
  for (const { from, text } of errors) log("ICMP error", { from, text });
  for (const text of complaints) log("ping complained", { text });
  if (reply === undefined) return log("no reply", { requests: sent });
  const { from, sequence, hopLimit, milliseconds, bytes } = reply;
  log("reply", { from, bytes, hop_limit: hopLimit, rtt_ms: milliseconds, request: sequence, requests: sent });
}
