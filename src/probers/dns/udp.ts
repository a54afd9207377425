import type { Socket } from "node:dgram";
import type { Destination } from "../../core/network.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { describeError } from "../errors.ts";
import type { ConnectionGuard } from "../open-connection.ts";
import type { Query } from "./query.ts";
import { type Failure, failure } from "./reasons.ts";
import { isFor, type Response, readResponse } from "./response.ts";
import type { Trace } from "./trace.ts";

/** Wait for an answer before the query is sent a second time. Each further wait is twice as long. */
const FIRST_WAIT = seconds(0.5);

/** Longest response to a query without EDNS (RFC 1035, section 4.2.1). */
const LONGEST_RESPONSE = 512;

/** Sends a query over UDP, again while no answer comes, and waits for the answer until the deadline. */
export async function askOverUdp(
  to: Destination,
  query: Query,
  guard: ConnectionGuard,
  trace: Trace,
): Promise<Response | Failure> {
  const { clock, network, signal } = guard;
  const started = clock.monotonic();
  const opened = await network.connectUdp(to);
  trace.connect += clock.monotonic() - started;
  if (!opened.ok) return opened;
  const { socket } = opened;
  const begun = clock.monotonic();
  const answered = await exchange(socket, query, guard, trace);
  const ended = signal.aborted ? clock.monotonic() : clock.arrival().earliest;
  trace.request += ended - begun;
  // The network closes sockets at the deadline.
  if (!signal.aborted) socket.close();
  return answered;
}

function exchange(
  socket: Socket,
  query: Query,
  guard: ConnectionGuard,
  trace: Trace,
): Promise<Response | Failure> {
  const { clock, log, signal } = guard;
  return new Promise((resolve) => {
    let strangers = 0;
    let cancelRetry = (): void => undefined;
    const end = (result: Response | Failure): void => {
      cancelRetry();
      socket.removeListener("message", receive);
      resolve(result);
    };
    const receive = (content: Buffer): void => {
      if (isFor(content, query)) return end(readDatagram(content, query));
      strangers += 1;
      return log("ignored a datagram that is not for this query", { bytes: content.length });
    };
    const send = (wait: Seconds): void => {
      socket.send(query.content, (error) => {
        if (error !== null) end(failure("network", `the query could not be sent: ${describeError(error)}`));
      });
      cancelRetry = clock.timeout(wait, () => {
        trace.retries += 1;
        log("sending the query again", { after: wait });
        send(seconds(2 * wait));
      });
    };
    socket.on("message", receive);
    // Another machine or the system itself says that the datagram cannot be delivered.
    socket.on("error", (error) =>
      end(failure("connect", `the query was not delivered: ${describeError(error)}`)),
    );
    guard.cut = () => end(unanswered(trace.retries, strangers));
    send(FIRST_WAIT);
    if (signal.aborted) guard.cut();
  });
}

function readDatagram(content: Buffer, query: Query): Response | Failure {
  if (content.length <= LONGEST_RESPONSE) return readResponse(content, query);
  return failure(
    "too_large",
    `the response has ${content.length} bytes, and may have ${LONGEST_RESPONSE} if the query does not allow more`,
  );
}

function unanswered(retries: number, strangers: number): Failure {
  const tries = retries === 0 ? "" : `, although the query was sent ${retries + 1} times`;
  if (strangers === 0) return failure("timeout", `no answer before the deadline${tries}`);
  return failure("malformed", `no answer before the deadline, only ${strangers} datagrams with another id`);
}
