import type { ClientRequest, IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { HttpAgents } from "../../core/network.ts";
import { type Arrival, exactly } from "../../core/precision.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { loadClient } from "../client.ts";
import { gaveUpAddress } from "../errors.ts";
import { responseMemory } from "../response-memory.ts";

/** Longest body accepted, in bytes after decompression. */
const MAX_BODY_BYTES = 8 * 2 ** 20;

/** A request that is ready to send. */
export interface LlmCall {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly agent: HttpAgents;
  /** True if the agent uses a proxy, so that only the proxy's name, which is configured, is resolved here. */
  readonly proxied: boolean;
}

/** Receives the response while it arrives. */
export interface Receiver {
  head(status: number, headers: IncomingHttpHeaders): void;
  /**
   * @param at when the bytes arrived
   * @returns true if the rest of the body is not needed
   */
  data(chunk: Uint8Array, at: Arrival): boolean;
}

/** Durations of the finished phases; their names are values of a label. */
export interface Phases {
  resolve?: Seconds;
  connect?: Seconds;
  tls?: Seconds;
  headers?: Seconds;
}

/** The progress of a request, which decides the reason of a failure. */
export type ExchangePhase = "resolving" | "connecting" | "securing" | "waiting" | "answering";

/**
 * The end of an exchange: `ended` by the server, `enough` for the receiver, `aborted` by the signal, `no_room` if that was while
 * the memory for answers had no room.
 */
export type ExchangeEnd =
  | { readonly kind: "ended" | "enough" | "aborted" | "no_room" | "too_large" }
  | { readonly kind: "failed"; readonly error: unknown };

/** A finished exchange of a request and its response. */
export interface Exchange {
  /** Start of the connection, on the monotonic clock. */
  readonly start: Seconds;
  readonly end: Arrival;
  readonly phases: Phases;
  readonly progress: ExchangePhase;
  readonly ending: ExchangeEnd;
}

interface ExchangeContext {
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Sends `call` once, without retries or redirects, and passes the response to `receiver`. Never rejects. */
export async function exchange(
  call: LlmCall,
  receiver: Receiver,
  context: ExchangeContext,
): Promise<Exchange> {
  const { signal, clock } = context;
  const stalledBefore = clock.stalled();
  const made = await exchangeOnce(call, receiver, context);
  const { ending } = made;
  const again = ending.kind === "failed" && gaveUpAddress(ending.error) && clock.stalled() > stalledBefore;
  return again && !signal.aborted ? exchange(call, receiver, context) : made;
}

async function exchangeOnce(
  call: LlmCall,
  receiver: Receiver,
  { signal, clock }: ExchangeContext,
): Promise<Exchange> {
  const request = await loadClient();
  let start = clock.monotonic();
  const phases: Phases = {};
  let progress: ExchangePhase = "resolving";
  let received = 0;
  const share = responseMemory.open(MAX_BODY_BYTES);
  let isFull = false;

  return new Promise((resolve) => {
    const { agent, url, method, headers, body } = call;
    const stream = request(agent, url, { method, headers, ...defined({ body }), signal });
    let settled = false;
    const settle = (ending: ExchangeEnd): void => {
      if (settled) return;
      settled = true;
      share.release();
      // Nothing arrived at a deadline, which counts the time that the loop ran.
      const end = ending.kind === "aborted" ? exactly(clock.monotonic()) : clock.arrival();
      resolve({ start, end, phases, progress, ending });
      // Frees the socket at once: the rest of the response is not needed.
      stream.destroy();
    };

    const readOn = async (room: Promise<void>): Promise<void> => {
      await room;
      isFull = false;
      stream.resume();
    };

    stream.once("request", (request: ClientRequest) => {
      // The time until here was spent in the exporter; the target's time begins with the lookup of its name.
      start = clock.monotonic();
      watchConnection(request, clock, phases, (reached) => {
        progress = reached;
      });
    });
    stream.once("response", (response: { statusCode: number; headers: IncomingHttpHeaders }) => {
      progress = "answering";
      receiver.head(response.statusCode, response.headers);
    });
    stream.on("data", (chunk: Uint8Array) => {
      const at = clock.arrival();
      if (settled) return;
      received += chunk.length;
      if (received > MAX_BODY_BYTES) settle({ kind: "too_large" });
      else if (receiver.data(chunk, at)) settle({ kind: "enough" });
      const room = settled ? undefined : share.grow(chunk.length);
      if (room === undefined) return;
      isFull = true;
      stream.pause();
      void readOn(room);
    });
    stream.once("end", () => settle({ kind: "ended" }));
    // Stays attached, so that a later error of the destroyed connection is not uncaught.
    stream.on("error", (error) => {
      if (signal.aborted) settle({ kind: isFull ? "no_room" : "aborted" });
      else settle({ kind: "failed", error });
    });
  });
}

/** Measures the phases at the socket, because got's own timings are whole milliseconds of a clock that may jump. */
function watchConnection(
  request: ClientRequest,
  clock: Clock,
  phases: Phases,
  reach: (progress: ExchangePhase) => void,
): void {
  let last = clock.monotonic();
  const lap = (): Seconds => {
    const before = last;
    last = clock.monotonic();
    return seconds(last - before);
  };
  request.once("socket", (socket: Socket) => {
    // A tunnel through a proxy is already connected, TLS included: only the sum of its phases is known.
    if (!socket.connecting) {
      phases.connect = lap();
      reach("waiting");
      return;
    }
    last = clock.monotonic();
    // There is no lookup for an IP address.
    socket.once("lookup", (error: Error | null) => {
      if (error !== null) return;
      phases.resolve = lap();
      reach("connecting");
    });
    socket.once("connect", () => {
      phases.connect = lap();
      reach("encrypted" in socket ? "securing" : "waiting");
    });
    socket.once("secureConnect", () => {
      // The agent has refused the certificate.
      if (socket.destroyed) return;
      phases.tls = lap();
      reach("waiting");
    });
  });
  request.once("response", () => {
    phases.headers = seconds(clock.arrival().earliest - last);
  });
}
