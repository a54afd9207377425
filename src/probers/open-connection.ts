import type { Socket } from "node:net";
import type { Destination, Network, NetworkFailure, Opened } from "../core/network.ts";
import type { ProbeLog } from "../core/prober.ts";
import { openTls, type StepGuard, type TlsPlan } from "./tls-connection.ts";
import type { PeerFacts } from "./tls-facts.ts";

/** The context of the steps of one probe over a connection. */
export interface ConnectionGuard extends StepGuard {
  readonly log: ProbeLog;
  readonly network: Network;
}

/** The measurements of connecting, in seconds; 0 for a step that was not completed. */
export interface ConnectionTrace {
  connect: number;
  tls: number;
  /** Facts of the last TLS handshake, even if the certificate was refused. */
  peer: PeerFacts | undefined;
}

/** An open connection. */
export interface OpenConnection extends Opened<Socket> {
  /** The protocol that a TLS server chose (ALPN). */
  readonly protocol: string | undefined;
}

/** Opens a TCP connection and, with a plan, makes the TLS handshake over it. The times are added to those of `trace`. */
export async function openConnection(
  to: Destination,
  securing: TlsPlan | undefined,
  guard: ConnectionGuard,
  trace: ConnectionTrace,
): Promise<OpenConnection | NetworkFailure> {
  const { clock, network, log } = guard;
  const started = clock.monotonic();
  const opened = await network.connect(to);
  if (!opened.ok) return opened;
  const connected = clock.monotonic();
  trace.connect += connected - started;
  log("connected", { address: opened.socket.remoteAddress, port: to.port, seconds: connected - started });
  if (securing === undefined) return { ...opened, protocol: undefined };
  const secured = await openTls(opened.socket, securing, guard);
  trace.peer = secured.peer;
  if (!secured.ok) return secured;
  const finished = clock.monotonic();
  trace.tls += finished - connected;
  const protocol = secured.socket.alpnProtocol || undefined;
  log("TLS handshake", { version: secured.peer?.version, protocol, seconds: finished - connected });
  return { ok: true, socket: secured.socket, protocol };
}
