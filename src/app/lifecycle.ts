import type { RequestListener } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Log } from "../core/log.ts";
import { seconds, toMilliseconds } from "../core/units.ts";
import { type EndSignal, endProcess } from "../files/end-process.ts";
import type { Listeners } from "../listening/listeners.ts";

/** Longest wait for requests in flight at shutdown. Their probes are aborted, so they have little left to do. */
const SHUTDOWN_TIMEOUT = seconds(4);

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

/**
 * Time after the first signal in which further ones belong to the same request. `timeout`, npm and service managers signal the
 * process and then its group, and a terminal's Ctrl+C reaches npm and the exporter: both arrive within milliseconds.
 */
const SAME_REQUEST = seconds(0.5);

/** Steps of the shutdown after the listeners have stopped accepting connections, in order. */
export interface Shutdown {
  /** Stops the exporter; requests in flight are answered. */
  readonly stop: () => Promise<void>;
  /** Writes and closes the store. */
  readonly close: () => Promise<void>;
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const satisfies readonly EndSignal[];

/**
 * Shuts down in order on SIGTERM or SIGINT: accepts no more connections, aborts probes, answers the requests that wait
 * for them, and exits. A second request, from a user who does not wait, exits at once.
 */
export function stopOnSignal(listeners: Listeners, { stop, close }: Shutdown, log: Log): void {
  let since: number | undefined;
  const shutDown = async (signal: EndSignal): Promise<void> => {
    if (since !== undefined) {
      if (performance.now() - since < toMilliseconds(SAME_REQUEST)) return;
      return endProcess(130, signal);
    }
    since = performance.now();
    log.info({ signal }, "shutting down");
    setTimeout(() => listeners.closeAllConnections(), toMilliseconds(SHUTDOWN_TIMEOUT)).unref();
    const closed = listeners.close();
    await stop();
    // Before waiting for slow clients, which must not delay what has to be written.
    const isClosed = await Promise.race([
      close().then(
        () => true,
        () => true,
      ),
      pause(toMilliseconds(SHUTDOWN_TIMEOUT), false),
    ]);
    listeners.closeIdleConnections();
    await closed;
    log.info({}, "goodbye");
    endProcess(0, signal, !isClosed);
  };
  for (const signal of SIGNALS) process.on(signal, () => void shutDown(signal));
}
