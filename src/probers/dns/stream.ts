import type { Socket } from "node:net";
import type { SecureContextOptions } from "node:tls";
import type { Destination } from "../../core/network.ts";
import { codeOf, describeError } from "../errors.ts";
import type { ConnectionGuard } from "../open-connection.ts";
import { openTls } from "../tls-connection.ts";
import type { DnsModule } from "./options.ts";
import type { Query } from "./query.ts";
import { type Failure, failure } from "./reasons.ts";
import { type Response, readResponse } from "./response.ts";
import type { Trace } from "./trace.ts";

/** Bytes of the length before each message in a stream. */
const LENGTH_BYTES = 2;

/**
 * Sends a query over TCP, or TLS if there are certificates to trust, and waits for the answer until the deadline.
 * @param trust the trusted certificates and the client certificate
 */
export async function askOverStream(
  to: Destination,
  query: Query,
  { tls }: DnsModule,
  trust: SecureContextOptions | undefined,
  guard: ConnectionGuard,
  trace: Trace,
): Promise<Response | Failure> {
  const { clock, network, signal } = guard;
  const started = clock.monotonic();
  const opened = await network.connect(to);
  trace.connect += clock.monotonic() - started;
  if (!opened.ok) return opened;
  let socket: Socket = opened.socket;
  if (trust !== undefined) {
    const secureFrom = clock.monotonic();
    const serverName = tls.serverName ?? to.host;
    const secured = await openTls(socket, { trust, verify: tls.verify, serverName, protocols: [] }, guard);
    trace.tls += clock.monotonic() - secureFrom;
    trace.peer = secured.peer;
    if (!secured.ok) return failure(secured.reason, secured.detail);
    ({ socket } = secured);
  }
  const begun = clock.monotonic();
  const answered = await exchange(socket, query, guard);
  const ended = signal.aborted ? clock.monotonic() : clock.arrival().earliest;
  trace.request += ended - begun;
  socket.destroy();
  return answered;
}

function exchange(socket: Socket, query: Query, guard: ConnectionGuard): Promise<Response | Failure> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let received = 0;
    let announced: number | undefined;
    const progress = (): string =>
      announced === undefined ? `${received} bytes` : `${received - LENGTH_BYTES} of ${announced} bytes`;
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      received += chunk.length;
      if (announced === undefined && received >= LENGTH_BYTES)
        announced = Buffer.concat(chunks).readUInt16BE();
      if (announced === undefined || received < LENGTH_BYTES + announced) return;
      const content = Buffer.concat(chunks).subarray(LENGTH_BYTES, LENGTH_BYTES + announced);
      resolve(readResponse(content, query));
    });
    guard.cut = () => resolve(failure("timeout", `no answer before the deadline, only ${progress()}`));
    socket.on("error", (error) => {
      // In TLS 1.3 a server rejects a client certificate only after the handshake.
      const reason = codeOf(error)?.startsWith("ERR_SSL_") === true ? "tls" : "network";
      resolve(failure(reason, `the connection failed after ${progress()}: ${describeError(error)}`));
    });
    socket.once("close", () =>
      resolve(
        received === 0
          ? failure("network", "the server closed the connection without an answer")
          : failure("malformed", `the server closed the connection after ${progress()}`),
      ),
    );
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt16BE(query.content.length);
    socket.write(Buffer.concat([length, query.content]));
    if (guard.signal.aborted) guard.cut();
  });
}
