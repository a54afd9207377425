import { request as nodeRequest } from "node:http";
import type { Socket } from "node:net";
import type { RawHeaders } from "./headers.ts";
import { describeError, type Failure, failure, type Guard } from "./steps.ts";

/**
 * Asks the proxy at the other end of `socket` for a tunnel to `authority` (host and port).
 * @returns the socket, now connected to there
 */
export function openTunnel(
  socket: Socket,
  authority: string,
  headers: RawHeaders,
  guard: Guard,
): Promise<{ readonly ok: true; readonly socket: Socket } | Failure> {
  return new Promise((resolve) => {
    const request = nodeRequest({
      createConnection: () => socket,
      method: "CONNECT",
      path: authority,
      setHost: false,
      insecureHTTPParser: true,
    });
    request.setHeader("Host", authority);
    for (let i = 0; i < headers.length; i += 2) request.appendHeader(headers[i] ?? "", headers[i + 1] ?? "");
    // "Connection: close" would be about the tunnel.
    request.removeHeader("Connection");
    const fail = (why: Failure): void => {
      request.destroy();
      socket.destroy();
      resolve(why);
    };
    guard.cut = () => fail(failure("timeout_connect", "no tunnel from the proxy before the deadline"));
    if (guard.signal.aborted) guard.cut();
    request.once("connect", (response, tunnel: Socket, rest: Buffer) => {
      if (response.statusCode !== 200) {
        return fail(failure("connect", `the proxy answered CONNECT with status ${response.statusCode}`));
      }
      request.removeAllListeners("close");
      if (rest.length > 0) tunnel.unshift(rest);
      return resolve({ ok: true, socket: tunnel });
    });
    request.on("error", (error) =>
      fail(failure("connect", `no tunnel from the proxy: ${describeError(error)}`)),
    );
    request.once("close", () =>
      fail(failure("connect", "the proxy closed the connection instead of a tunnel")),
    );
    request.end();
  });
}
