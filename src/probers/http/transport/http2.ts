import { connect, constants, type OutgoingHttpHeaders } from "node:http2";
import type { TLSSocket } from "node:tls";
import { describeError } from "../../errors.ts";
import { type RawHeaders, valueOf } from "../../http-headers.ts";
import { contentLengthOf, type ExchangeResult, type Outgoing } from "./exchange.ts";
import { failure, type Guard } from "./steps.ts";

/** Go's limit, in bytes. */
const LONGEST_HEADERS = 10 * 1024 * 1024;
/** Above this number Node.js resets the stream; the size is limited already. */
const MOST_HEADERS = 100_000;

/** Headers that HTTP/2 forbids (RFC 9113, 8.2.2), and Host, which becomes `:authority`. */
const NOT_IN_HTTP2 = new Set([
  "connection",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Sends one request over a connection that negotiated HTTP/2, and waits for the head of the response.
 * @param onFirstByte called at the head of the response
 */
export function exchangeHttp2(
  socket: TLSSocket,
  outgoing: Outgoing,
  guard: Guard,
  onFirstByte: () => void,
): Promise<ExchangeResult> {
  return new Promise((resolve) => {
    const session = connect("https://target", {
      createConnection: () => socket,
      maxHeaderListPairs: MOST_HEADERS,
      settings: { enablePush: false, maxHeaderListSize: LONGEST_HEADERS },
    });
    const close = (): void => session.destroy();
    const fail = (error: unknown): void => {
      close();
      resolve(failure("network", `no response: ${describeError(error)}`));
    };
    guard.cut = () => {
      close();
      resolve(failure("timeout", "no response before the deadline"));
    };
    if (guard.signal.aborted) return guard.cut();
    session.on("error", fail);
    const { body } = outgoing;
    const empty = body === undefined || body.length === 0;
    const stream = session.request(headersOf(outgoing), { endStream: empty });
    stream.on("error", fail);
    stream.once("close", () => fail(new Error("the connection was closed without a response")));
    stream.once("response", (fields, flags, raw: readonly string[]) => {
      onFirstByte();
      const headers = withoutPseudo(raw);
      const status = fields[":status"] ?? 0;
      const ended = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      const announced =
        valueOf(headers, "content-length") ?? (ended && outgoing.method !== "HEAD" ? "0" : undefined);
      const contentLength = contentLengthOf(status, announced, false);
      resolve({ ok: true, status, version: "2.0", headers, contentLength, body: stream, close });
    });
    if (!empty) stream.end(body);
  });
}

function headersOf({ method, path, headers }: Outgoing): OutgoingHttpHeaders {
  const fields: OutgoingHttpHeaders = {
    ":method": method,
    ":scheme": "https",
    ":path": path,
    ":authority": valueOf(headers, "host"),
  };
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]?.toLowerCase() ?? "";
    const value = headers[i + 1] ?? "";
    if (NOT_IN_HTTP2.has(name) || (name === "te" && value !== "trailers")) continue;
    const earlier = fields[name];
    fields[name] = earlier === undefined ? value : [earlier, value].flat().map(String);
  }
  return fields;
}

/** Returns the headers as received, each value on its own; `fields` joins the values of a header. */
const withoutPseudo = (raw: readonly string[]): RawHeaders =>
  raw.filter((_, i) => raw[i - (i % 2)]?.startsWith(":") !== true);
