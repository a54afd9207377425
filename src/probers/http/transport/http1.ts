import { type IncomingMessage, request as nodeRequest } from "node:http";
import type { Socket } from "node:net";
import { codeOf, describeError } from "../../errors.ts";
import { valueOf, valuesOf } from "../../http-headers.ts";
import { contentLengthOf, type ExchangeResult, type Outgoing } from "./exchange.ts";
import { failure, type Guard } from "./steps.ts";
import { mendResponseHeads } from "./tolerant-reading.ts";

/** Go's limit, in bytes. */
const LONGEST_HEADERS = 10 * 1024 * 1024;

/**
 * Sends one request over an open connection and waits for the head of the response.
 * @param onFirstByte called at the first byte, even if it is not HTTP
 */
export function exchangeHttp1(
  socket: Socket,
  outgoing: Outgoing,
  guard: Guard,
  onFirstByte: () => void = () => undefined,
): Promise<ExchangeResult> {
  return new Promise((resolve) => {
    const request = nodeRequest({
      createConnection: () => socket,
      method: outgoing.method,
      path: outgoing.path,
      headers: outgoing.headers,
      maxHeaderSize: LONGEST_HEADERS,
      // As tolerant as Go of bare line feeds, control characters and both kinds of length. Smuggling is not possible,
      // because the connection serves one request.
      insecureHTTPParser: true,
    });
    // Node.js would silently drop headers above a number; their size is limited anyway.
    request.maxHeadersCount = 0;
    guard.cut = () => {
      request.destroy();
      resolve(failure("timeout", "no response before the deadline"));
    };
    if (guard.signal.aborted) guard.cut();
    // Not earlier, because the first listener starts the flow of data.
    request.once("socket", () => {
      mendResponseHeads(socket);
      socket.prependOnceListener("data", onFirstByte);
    });
    request.once("response", (response) => {
      // Node.js would half-close the connection first, which is a system call more. A TLS server is told of the end.
      if (!("encrypted" in socket)) response.prependOnceListener("end", () => socket.destroy());
      resolve(exchangeOf(response, response, socket));
    });
    request.once("upgrade", (response: IncomingMessage) => resolve(exchangeOf(response, undefined, socket)));
    request.on("error", (error) => resolve(failureOf(error)));
    request.once("close", () => resolve(failure("network", "the connection was closed without a response")));
    request.end(outgoing.body);
  });
}

function exchangeOf(
  response: IncomingMessage,
  body: IncomingMessage | undefined,
  socket: Socket,
): ExchangeResult {
  const { rawHeaders } = response;
  const status = response.statusCode ?? 0;
  const encodings = valuesOf(rawHeaders, "transfer-encoding");
  const chunked = encodings.length > 0;
  if (chunked && response.httpVersion !== "1.0" && encodings.join(", ").toLowerCase() !== "chunked") {
    return failure("malformed", `unknown transfer encoding ${JSON.stringify(encodings.join(", "))}`);
  }
  return {
    ok: true,
    status,
    version: response.httpVersion,
    headers: rawHeaders,
    contentLength: contentLengthOf(status, valueOf(rawHeaders, "content-length"), chunked),
    body,
    close: () => socket.destroy(),
  };
}

function failureOf(error: unknown): ExchangeResult {
  const code = codeOf(error) ?? "";
  if (code.startsWith("HPE_")) return failure("malformed", `not an HTTP response: ${describeError(error)}`);
  // In TLS 1.3 a server rejects a client certificate only after the handshake.
  if (code.startsWith("ERR_SSL_")) return failure("tls", describeError(error));
  return failure("network", `no response: ${describeError(error)}`);
}
