import { createServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect } from "node:net";
import { certificates } from "./certificates.ts";
import type { ReceivedRequest } from "./requests.ts";
import { type Handler, receivedRequest, startTcp, type TargetServer } from "./servers.ts";

/**
 * Starts a proxy. It responds to plain requests as if it had forwarded them, and opens the tunnels of CONNECT, unless the user
 * in its credentials is `denied` (407) or `silent` (no response).
 */
export async function startProxy(
  handle: Handler,
  note: (received: ReceivedRequest) => void,
  secure: boolean,
): Promise<TargetServer> {
  const answer: RequestListener = (request, reply) => {
    request.resume();
    request.on("end", () => handle(receivedRequest(request, ""), reply));
  };
  const server = secure ? createHttpsServer(certificates.good, answer) : createServer(answer);
  server.on("tlsClientError", () => undefined);
  server.on("connect", (request, socket, head) => {
    socket.on("error", () => undefined);
    note(receivedRequest(request, ""));
    const user = userOf(request.headers["proxy-authorization"]);
    if (user === "silent") return;
    if (user === "denied") {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    const [, host = "", port = ""] = /^\[?([^\]]*)\]?:(\d+)$/.exec(request.url ?? "") ?? [];
    const upstream = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
    socket.on("close", () => upstream.destroy());
  });
  return startTcp((socket) => void server.emit("connection", socket));
}

const userOf = (authorization: string | undefined): string =>
  Buffer.from(authorization?.replace(/^Basic /, "") ?? "", "base64")
    .toString()
    .split(":")[0] ?? "";
