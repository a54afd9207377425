import { excerpt } from "../../core/excerpt.ts";
import { type Failure, failed } from "../../core/prober.ts";
import { addressBytes, isIP } from "../ip.ts";
import type { EchoReply, PingOutput } from "./output.ts";
import type { PingRun } from "./ping.ts";
import type { IcmpReason } from "./reasons.ts";
import { unavailability } from "./unavailable.ts";

/** The wanted reply, or why there is none. */
export type Verdict =
  | { readonly ok: true; readonly reply: EchoReply }
  /** `retry` says that another run may have another verdict, because this one is not due to the target. */
  | (Failure<IcmpReason> & { readonly retry: boolean });

/** An echo request, as far as its reply has to match it. */
export interface EchoRequest {
  readonly address: string;
  /** Bytes of payload. */
  readonly size: number;
  /** True if the packet may be fragmented: by routers in IPv4, by this machine in either. */
  readonly fragmentable: boolean;
}

/** Errors of this machine about sending to an address. Others are about `ping` itself. */
const LOCAL =
  /^(?:connect|bind|bind icmp socket|sendmsg|sendto|recvmsg|local error|socket): |^Do you want to ping broadcast/;

const TOO_BIG = /^(?:Frag needed and DF set|Packet too big)|message too long/i;

/** Judges a run of `ping`. */
export function judge(run: PingRun, output: PingOutput, request: EchoRequest): Verdict {
  const { errors, complaints, reply } = output;
  const flaw = reply === undefined ? undefined : flawOf(reply, request);
  if (output.begun && reply !== undefined && flaw === undefined) return { ok: true, reply };
  const unavailable = unavailability(run.end, output);
  if (unavailable !== undefined) return failure("prober_unavailable", unavailable);
  if (flaw !== undefined) return failure("malformed", flaw, true);
  const icmp = errors.map(({ from, text }) => `${text} (from ${from})`);
  const tooBig = [...icmp, ...complaints.map(onThisMachine)].find((text) => TOO_BIG.test(text));
  if (tooBig !== undefined) {
    // The kernel has learned the MTU of the path from the error, and fragments the next packet accordingly.
    const detail = `a packet with ${request.size} bytes of payload is too large: ${tooBig}`;
    return failure("too_large", detail, request.fragmentable && icmp.includes(tooBig));
  }
  const [first] = [...icmp, ...complaints.filter((line) => LOCAL.test(line)).map(onThisMachine)];
  if (first !== undefined) return failure("connect", `${request.address}: ${first}`);
  return judgeSilence(run, output);
}

const onThisMachine = (complaint: string): string => `${excerpt(complaint, [], 100)} (on this machine)`;

/** Judges a run without a reply or an error. */
function judgeSilence({ end, stopped }: PingRun, { begun, sent, complaints, unknown }: PingOutput): Verdict {
  // A run that hangs is killed, without a chance to print how many were sent.
  if (begun && (stopped || (end.kind === "exited" && end.signal === null)))
    return failure(
      "timeout",
      `no reply to ${sent === 1 ? "the echo request" : `${sent || "the"} echo requests`}`,
    );
  const [printed] = [...complaints, ...unknown];
  if (stopped && printed === undefined)
    return failure(
      "prober_unavailable",
      "ping did not start before the deadline: this machine is overloaded, or the timeout is too short",
    );
  const how = end.kind === "exited" ? (end.signal ?? `code ${end.code}`) : "an error";
  const said = printed === undefined ? "" : `: ${excerpt(printed, [], 100)}`;
  return failure("prober_unavailable", `ping ended with ${how}${said}`, true);
}

/** Returns why a reply is not the one that was wanted. blackbox_exporter ignores such a reply. */
function flawOf({ from, bytes, flaw }: EchoReply, { address, size }: EchoRequest): string | undefined {
  if (!isSameAddress(from, address)) return `the reply came from ${from} instead of ${address}`;
  if (bytes !== size + 8) return `the reply has ${bytes - 8} bytes of payload instead of ${size}`;
  return flaw === undefined ? undefined : `the reply is not what was sent: ${excerpt(flaw, [], 100)}`;
}

/** Compares addresses without their zones. */
const isSameAddress = (one: string, other: string): boolean =>
  isIP(one) !== 0 && isIP(other) !== 0 && addressBytes(one).join() === addressBytes(other).join();

const failure = (reason: IcmpReason, detail: string, retry = false): Verdict => ({
  ...failed(reason, detail),
  retry,
});
