import type { Socket } from "node:net";
import type { Opened } from "../../core/network.ts";
import { type Failure, failed, type Outcome, type ProbeContext, succeeded } from "../../core/prober.ts";
import type { FailureReason } from "../../core/reasons.ts";
import { openTls, readTrust, type StepGuard, withDeadline } from "../tls-connection.ts";
import type { TlsSettings } from "../tls-options.ts";
import { converse } from "./conversation.ts";
import type { ConversationReason } from "./reasons.ts";
import type { Step } from "./steps.ts";
import type { ConversationTrace } from "./trace.ts";

/** The compiled options of a conversation. */
export interface ConversationModule {
  readonly steps: readonly Step[];
  /** True if the connection begins with TLS. */
  readonly overTls: boolean;
  readonly tls: TlsSettings;
}

/** A target of a conversation. */
export interface Visit<Reason extends FailureReason> {
  /** Opens the connection. */
  readonly dial: () => Promise<Opened<Socket> | Failure<Reason>>;
  /** Name to send and to verify in TLS from the start, if the module names none. */
  readonly serverName: string;
  /** The same for `starttls`; undefined if the target has no name. */
  readonly startTlsName: string | undefined;
}

/** Connects to a target, holds the conversation and closes the connection. Records in `trace` how far it came. */
export async function visit<Reason extends FailureReason>(
  { dial, serverName, startTlsName }: Visit<Reason>,
  { steps, overTls, tls }: ConversationModule,
  { signal, clock, log }: ProbeContext,
  trace: ConversationTrace,
): Promise<Outcome<Reason | ConversationReason>> {
  const guard: StepGuard = { signal, clock, cut: undefined };
  const sockets: Socket[] = [];
  const secure = async (socket: Socket, name: string | undefined): Promise<Opened<Socket> | Failed> => {
    const secured = await startTls(socket, name, tls, guard, trace);
    if (!secured.ok) return secured;
    sockets.push(secured.socket);
    log("TLS handshake", { version: trace.peer?.version, cipher: trace.peer?.cipher });
    return secured;
  };
  const run = async (): Promise<Outcome<Reason | ConversationReason>> => {
    // As in blackbox_exporter, files that cannot be read are a failure before the connection.
    const trust = overTls ? await readTrust(tls) : undefined;
    if (trust?.ok === false) return trust;
    const connecting = clock.monotonic();
    const opened = await dial();
    if (!opened.ok) return opened;
    sockets.push(opened.socket);
    const started = clock.monotonic();
    trace.connect = started - connecting;
    log("connected", { seconds: trace.connect });
    const connection = overTls ? await secure(opened.socket, serverName) : opened;
    if (!connection.ok) return connection;
    trace.connected = true;
    if (steps.length === 0) return succeeded;
    const began = clock.monotonic();
    const failure = await converse(connection.socket, steps, {
      guard,
      log,
      trace,
      secure: (socket) => secure(socket, startTlsName),
    });
    trace.conversation = clock.monotonic() - began;
    return failure ?? succeeded;
  };
  const outcome = await withDeadline(guard, run);
  // Politely, because servers log a TLS connection that ends without a notice.
  if (outcome.ok && sockets.length > 1) sockets.pop()?.destroySoon();
  else for (const socket of sockets) socket.destroy();
  return outcome;
}

type Failed = Failure<ConversationReason>;

/** Makes the handshake over an open connection. */
async function startTls(
  socket: Socket,
  name: string | undefined,
  tls: TlsSettings,
  guard: StepGuard,
  trace: ConversationTrace,
): Promise<Opened<Socket> | Failed> {
  const serverName = tls.serverName ?? name;
  if (serverName === undefined && tls.verify)
    return failed(
      "tls",
      "the target has no name to verify: set tls_config.server_name or insecure_skip_verify",
    );
  const trust = await readTrust(tls);
  if (!trust.ok) return trust;
  const started = guard.clock.monotonic();
  const plan = { trust: trust.options, verify: tls.verify, serverName: serverName ?? "", protocols: [] };
  const secured = await openTls(socket, plan, guard);
  // A handshake that fails within another connection takes nothing away from what is known about that.
  trace.peer = secured.peer ?? trace.peer;
  trace.tls = (trace.tls ?? 0) + guard.clock.monotonic() - started;
  return secured;
}
