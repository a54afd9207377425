import { createServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect } from "node:net";
import type { Arrived } from "./arrived.ts";
import { certificates } from "./certificates.ts";
import { arrivedAs, type Handler, type Listening, startTcp } from "./servers.ts";

/**
 * A proxy: it answers plain requests itself, as if it had forwarded them, and makes tunnels to where CONNECT says,
 * unless the name of the user in its credentials is `nobody` (407) or `silent` (no answer).
 */
export async function startProxy(
  handle: Handler,
  note: (arrived: Arrived) => void,
  secure: boolean,
): Promise<Listening> {
  const answer: RequestListener = (request, reply) => {
    request.resume();
    request.on("end", () => handle(arrivedAs(request, ""), reply));
  };
  const server = secure ? createHttpsServer(certificates.good, answer) : createServer(answer);
  server.on("tlsClientError", () => undefined);
  server.on("connect", (request, socket, head) => {
    socket.on("error", () => undefined);
    note(arrivedAs(request, ""));
    const user = userOf(request.headers["proxy-authorization"]);
    if (user === "silent") return;
    if (user === "nobody") {
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
