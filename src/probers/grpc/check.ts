import type { Destination } from "../../core/network.ts";
import { hashAddress, versionOf } from "../ip.ts";
import { type ConnectionGuard, openConnection } from "../open-connection.ts";
import type { PreparedCheck } from "./prepare.ts";
import { type CallFailure, type CallResult, callFailure } from "./reply.ts";
import type { GrpcTrace } from "./samples.ts";
import { type Attempt, type GrpcSession, openSession } from "./session.ts";
import { STATUS } from "./status.ts";

/**
 * Connects and makes the call. Like Go's client, makes it once more if the server refused it before it looked at it, as one
 * that is restarted does: on the same connection or, if that is being closed, on another one.
 */
export async function checkHealth(
  prepared: PreparedCheck,
  guard: ConnectionGuard,
  trace: GrpcTrace,
): Promise<CallResult> {
  const first = await connect(prepared, prepared.destinations, guard, trace);
  if (!first.ok) return first;
  const attempt = await call(first.session, prepared, guard, trace);
  if (!attempt.unprocessed || guard.signal.aborted) {
    first.session.close();
    return attempt;
  }
  guard.log("the server refused the call unseen, trying once more", { detail: detailOf(attempt) });
  if (first.session.isOpen()) {
    const again = await call(first.session, prepared, guard, trace);
    first.session.close();
    return again;
  }
  first.session.close();
  const second = await connect(prepared, [first.to], guard, trace);
  if (!second.ok) return second;
  const again = await call(second.session, prepared, guard, trace);
  second.session.close();
  return again;
}

const detailOf = (result: CallResult): string | undefined => (result.ok ? undefined : result.detail);

interface Connected {
  readonly ok: true;
  readonly session: GrpcSession;
  readonly to: Destination;
}

/** Connects to the first of the destinations that does not refuse. */
async function connect(
  { securing }: PreparedCheck,
  destinations: readonly Destination[],
  guard: ConnectionGuard,
  trace: GrpcTrace,
): Promise<Connected | CallFailure> {
  const refusals: string[] = [];
  for (const to of destinations) {
    const opened = await openConnection(to, securing, guard, trace);
    if (opened.ok) {
      recordAddress(to, trace);
      if (securing === undefined || opened.protocol === "h2")
        return { ok: true, session: openSession(opened.socket), to };
      opened.socket.destroy();
      const detail = "the server did not choose h2 by ALPN, which gRPC over TLS requires";
      return callFailure("tls", STATUS.unavailable, detail);
    }
    refusals.push(opened.detail);
    if (opened.reason === "connect" && refusals.length < destinations.length) continue;
    const code = opened.reason === "timeout_connect" ? STATUS.deadlineExceeded : STATUS.unavailable;
    return callFailure(opened.reason, code, refusals.join("; "));
  }
  throw new Error("there is no address to connect to");
}

/** Records the address that was connected to, which may be another than the chosen one. */
function recordAddress({ addresses: [ip] = [] }: Destination, trace: GrpcTrace): void {
  if (ip === undefined || trace.resolution === undefined) return;
  trace.resolution = { ...trace.resolution, protocol: versionOf(ip), hash: hashAddress(ip) };
}

async function call(
  session: GrpcSession,
  { call: request }: PreparedCheck,
  guard: ConnectionGuard,
  trace: GrpcTrace,
): Promise<Attempt> {
  const { clock, signal, log } = guard;
  const sent = clock.monotonic();
  let responded: number | undefined;
  const attempt = await session.call(request, guard, () => {
    const { earliest, latest } = clock.arrival();
    responded = latest;
    trace.answered = true;
    trace.processing += earliest - sent;
  });
  const ended = signal.aborted ? clock.monotonic() : clock.arrival().earliest;
  if (responded !== undefined) trace.transfer += Math.max(0, ended - responded);
  log("answer", {
    ...(attempt.ok ? { serving: attempt.serving } : { code: attempt.code }),
    seconds: ended - sent,
  });
  return attempt;
}
