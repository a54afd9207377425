import type { RequestListener, Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { ListenAddress } from "../cli/listen-address.ts";
import { defined } from "../core/defined.ts";
import type { Log } from "../core/log.ts";
import { seconds, toMilliseconds } from "../core/units.ts";
import { type EndSignal, endProcess } from "../files/end-process.ts";

/** Longest wait for requests in flight at shutdown. Their probes are aborted, so they have little left to do. */
const SHUTDOWN_TIMEOUT = seconds(4);

/**
 * Connections that may wait to be accepted; the kernel lowers it to `net.core.somaxconn`. A ping for each of some thousand
 * heartbeats can wait while the exporter is stopped; beyond that, clients retry after seconds.
 */
const BACKLOG = 16_384;

/** Seconds after which a client asks again while the exporter starts. */
const START_RETRY = 1;

/**
 * Answers requests until the exporter has read its state, for which it may wait for another one that ends: `/-/healthy` and
 * `/livez` with 200, because the process is well, and the rest with 503 and `Retry-After`. Without it requests would wait.
 */
export const whileStarting =
  (routePrefix: string): RequestListener =>
  (req, res) => {
    const path = (req.url ?? "").split("?", 1)[0];
    const alive = ["/-/healthy", "/livez"].some((route) => path === `${routePrefix}${route}`);
    const isRead = req.method === "GET" || req.method === "HEAD";
    res.setHeader("Content-Type", "text/plain; charset=utf-8");
    if (alive && isRead) return void res.end("heartbeat-exporter is starting\n");
    res.writeHead(503, { "Retry-After": String(START_RETRY), Connection: "close" });
    res.end("the exporter is starting: it has not read its state yet\n");
  };

/** Starts listening. Returns the port, or an error text. */
export function listen(server: Server, { host, port }: ListenAddress): Promise<number | string> {
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const place = `${host ?? ""}:${port}`;
      resolve(
        error.code === "EADDRINUSE"
          ? `${place}: the port is in use by another program; choose another with --web.listen-address`
          : `${place}: cannot listen on this address: ${error.message}`,
      );
    });
    server.listen({ port, backlog: BACKLOG, ...defined({ host }) }, () => {
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
  });
}

/** Steps of the shutdown after the server has stopped accepting connections, in order. */
export interface Shutdown {
  /** Stops the exporter; requests in flight are answered. */
  readonly stop: () => Promise<void>;
  /** Writes and closes the store. */
  readonly close: () => Promise<void>;
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const satisfies readonly EndSignal[];

/**
 * Shuts down in order on SIGTERM or SIGINT: accepts no more connections, aborts probes, answers the requests that wait
 * for them, and exits. A second signal exits at once.
 */
export function stopOnSignal(server: Server, { stop, close }: Shutdown, log: Log): void {
  let stopping = false;
  const shutDown = async (signal: EndSignal): Promise<void> => {
    if (stopping) return endProcess(130, signal);
    stopping = true;
    log.info({ signal }, "shutting down");
    setTimeout(() => server.closeAllConnections(), toMilliseconds(SHUTDOWN_TIMEOUT)).unref();
    const closed = new Promise((resolve) => server.close(resolve));
    await stop();
    // Before waiting for slow clients, which must not delay what has to be written.
    const isClosed = await Promise.race([
      close().then(
        () => true,
        () => true,
      ),
      pause(toMilliseconds(SHUTDOWN_TIMEOUT), false),
    ]);
    server.closeIdleConnections();
    await closed;
    log.info({}, "goodbye");
    endProcess(0, signal, !isClosed);
  };
  for (const signal of SIGNALS) process.on(signal, () => void shutDown(signal));
}
