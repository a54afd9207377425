import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CLOSED_PORT } from "../../helpers/http-targets.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { certificates } from "./certificates.ts";
import { greet, greeters } from "./greeters.ts";
import { startHealth } from "./health.ts";
import { startProxy } from "./proxy.ts";
import { listen, startTcp } from "./servers.ts";
import { startZone } from "./zone.ts";

/** One target of each kind, by name: what `/probe?target=` gets. */
export interface KindTargets extends AsyncDisposable {
  readonly addresses: Readonly<Record<TargetName, string>>;
  /** URLs of the server of OAuth2 tokens and of the proxy. */
  readonly tokenUrl: string;
  readonly proxyUrl: string;
}

/** A target. */
export type TargetName =
  | keyof typeof greeters
  | "page"
  | "json"
  | "gzip"
  | "moved"
  | "missing"
  | "broken"
  | "flapping"
  | "https"
  | "dns"
  | "dot"
  | "grpc"
  | "grpcTls"
  | "loopback"
  | "unreachable"
  | "closed"
  | "noSocket";

const json = { status: "ok", queue: 3, "build-info": { version: "1.4.2" } };

const pages: RequestListener = (request, reply) => {
  request.resume();
  const send = (status: number, headers: Record<string, string>, body: string | Buffer): void => {
    reply.writeHead(status, { "Content-Length": Buffer.byteLength(body), ...headers });
    reply.end(request.method === "HEAD" ? undefined : body);
  };
  switch (request.url ?? "") {
    case "/json":
      return send(200, { "Content-Type": "application/json" }, JSON.stringify(json));
    case "/gzip":
      return send(200, { "Content-Encoding": "gzip" }, gzipSync("hello, compressed"));
    case "/moved":
      return send(302, { Location: "/" }, "moved");
    case "/missing":
      return send(404, {}, "missing");
    case "/flapping":
      // Well in every other minute.
      return send(Math.floor(Date.now() / 60_000) % 2 === 0 ? 200 : 503, {}, "hello");
    case "/broken":
      return send(503, {}, "broken");
    case "/token":
      return send(200, { "Content-Type": "application/json" }, '{"access_token":"t","token_type":"bearer"}');
    default:
      return send(200, { "Content-Type": "text/plain" }, "hello");
  }
};

/** Starts a target of each kind on loopback. */
export async function startKindTargets(): Promise<KindTargets> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const http = resources.use(await listen(createHttpServer(pages)));
  const https = resources.use(await listen(createHttpsServer(certificates.good, pages)));
  const zone = resources.use(await startZone());
  const health = { "": "SERVING", orders: "SERVING", billing: "NOT_SERVING" } as const;
  const grpc = resources.use(await startHealth(health));
  const grpcTls = resources.use(await startHealth(health, true));
  const forward = (_: unknown, reply: { writeHead(status: number): void; end(text: string): void }): void => {
    reply.writeHead(200);
    reply.end("through the proxy");
  };
  const proxy = resources.use(await startProxy(forward as never, () => undefined, false));
  const here = (port: number): string => `127.0.0.1:${port}`;
  const greeting: Record<string, string> = {};
  for (const [name, greeter] of Object.entries(greeters)) {
    if (name === "socket") continue;
    const server = resources.use(await startTcp((socket) => greet(socket, greeter)));
    greeting[name] = here(server.port);
  }
  const path = join(folder.path, "ready.sock");
  const open = new Set<Socket>();
  const unix = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    greet(socket, greeters.socket);
  });
  await new Promise<void>((resolve) => void unix.listen(path, resolve));
  resources.defer(() => {
    for (const socket of open) socket.destroy();
    unix.close();
  });
  const owned = resources.move();
  const page = (rest: string): string => `http://${here(http.port)}${rest}`;
  return {
    addresses: {
      ...(greeting as Record<Exclude<keyof typeof greeters, "socket">, string>),
      socket: path,
      noSocket: join(folder.path, "none.sock"),
      page: page("/"),
      json: page("/json"),
      gzip: page("/gzip"),
      moved: page("/moved"),
      missing: page("/missing"),
      broken: page("/broken"),
      flapping: page("/flapping"),
      https: `https://${here(https.port)}/`,
      dns: here(zone.port),
      dot: here(zone.tlsPort),
      grpc: here(grpc.port),
      grpcTls: here(grpcTls.port),
      loopback: "127.0.0.1",
      // A name that no resolver knows (RFC 6761).
      unreachable: "nothing.invalid",
      closed: here(CLOSED_PORT),
    },
    tokenUrl: page("/token"),
    proxyUrl: `http://${here(proxy.port)}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
