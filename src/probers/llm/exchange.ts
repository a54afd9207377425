import type { ClientRequest, IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { HttpAgents } from "../../core/network.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { loadClient } from "../client.ts";

/** Most bytes of a body that are read, decompressed. */
const MAX_BODY_BYTES = 8 * 2 ** 20;

/** A request that is ready to be sent. */
export interface LlmCall {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly agent: HttpAgents;
  /** The agent goes through a proxy: what is resolved is the proxy's name, which the configuration chose. */
  readonly proxied: boolean;
}

/** Gets the response while it arrives. */
export interface Receiver {
  head(status: number, headers: IncomingHttpHeaders): void;
  /**
   * @param at when the bytes arrived, taken before anything was done with them
   * @returns true when nothing more is wanted
   */
  data(chunk: Uint8Array, at: Seconds): boolean;
}

/** How long each phase took that was finished; the names are values of a label. */
export interface Phases {
  resolve?: Seconds;
  connect?: Seconds;
  tls?: Seconds;
  headers?: Seconds;
}

/** How far a request got, which tells what a failure means. */
export type ExchangePhase = "resolving" | "connecting" | "securing" | "waiting" | "answering";

/** Why an exchange is over: `ended` by the server, `enough` for us, `aborted` by the signal. */
export type ExchangeEnd =
  | { readonly kind: "ended" | "enough" | "aborted" | "too_large" }
  | { readonly kind: "failed"; readonly error: unknown };

export interface Exchange {
  /** When the connection was begun, on the monotonic clock. */
  readonly start: Seconds;
  readonly end: Seconds;
  readonly phases: Phases;
  readonly progress: ExchangePhase;
  readonly ending: ExchangeEnd;
}

/** Sends `call` once, without retries and redirects, and hands the response to `receiver`. Never rejects. */
export async function exchange(
  call: LlmCall,
  receiver: Receiver,
  { signal, clock }: { readonly signal: AbortSignal; readonly clock: Clock },
): Promise<Exchange> {
  const request = await loadClient();
  let start = clock.monotonic();
  const phases: Phases = {};
  let progress: ExchangePhase = "resolving";
  let received = 0;

  return new Promise((resolve) => {
    const { agent, url, method, headers, body } = call;
    const stream = request(agent, url, { method, headers, ...defined({ body }), signal });
    let settled = false;
    const settle = (ending: ExchangeEnd): void => {
      if (settled) return;
      settled = true;
      resolve({ start, end: clock.monotonic(), phases, progress, ending });
      // Frees the socket at once; after `[DONE]` or a deadline nothing is waited for.
      stream.destroy();
    };

    stream.once("request", (request: ClientRequest) => {
      // What was done until here was got's and ours; the target's time begins as its name is looked up.
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
      const at = clock.monotonic();
      if (settled) return;
      received += chunk.length;
      if (received > MAX_BODY_BYTES) settle({ kind: "too_large" });
      else if (receiver.data(chunk, at)) settle({ kind: "enough" });
    });
    stream.once("end", () => settle({ kind: "ended" }));
    // Stays, so that what a destroyed connection says later is not an uncaught error.
    stream.on("error", (error) => settle(signal.aborted ? { kind: "aborted" } : { kind: "failed", error }));
  });
}

/** Times the phases at the socket, where got's own timings are whole milliseconds of a clock that may jump. */
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
    // A tunnel through a proxy is handed out when it stands, TLS included: its parts are not seen, only their sum.
    if (!socket.connecting) {
      phases.connect = lap();
      reach("waiting");
      return;
    }
    last = clock.monotonic();
    // An address needs no resolution and reports none.
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
      phases.tls = lap();
      reach("waiting");
    });
  });
  request.once("response", () => {
    phases.headers = lap();
  });
}
