import type { RequestListener } from "node:http";
import { ConfigError } from "../config/document/problems.ts";
import { createWebHolder } from "../config/web/reload.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Secret } from "../core/secret.ts";
import { seconds } from "../core/units.ts";
import type { Servers } from "../listening/listeners.ts";
import { type GuardedRoutes, guarded } from "../server/front/guard.ts";
import { createPasswords } from "../server/front/passwords.ts";
import { loggedRequests } from "../server/front/request-log.ts";
import { withSecurityHeaders } from "../server/front/security-headers.ts";
import { createWebServers } from "../server/front/web-server.ts";

/** The servers of the exporter, with the guard of their routes. */
export interface Web extends Servers {
  /**
   * Wraps a listener with security headers, basic authentication, configured headers, the rate limit and the log of requests.
   * @param routes tells which requests the listener authenticates itself; without it, none
   */
  guard(listener: RequestListener, routes?: GuardedRoutes): RequestListener;
  /** Stops looking for changes of the file, and checking passwords. */
  stop(): void;
}

/** Interval at which the file and its certificates are checked for changes. */
const CHECK_INTERVAL = seconds(5);

interface WebDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly controlToken: () => Secret | undefined;
}

/**
 * Prepares the servers and applies changes of their file until it is stopped.
 * @param file that of `--web.config.file`; without one, plain HTTP without authentication
 * @throws ConfigError if the file is invalid
 */
export function createWeb(file: string | undefined, { clock, log, controlToken }: WebDeps): Web {
  const holder = file === undefined ? undefined : createWebHolder(file, clock);
  const servers = createWebServers(holder?.current());
  const createServer = () => servers.create();
  const logged = (listener: RequestListener) => withSecurityHeaders(loggedRequests(listener, { log, clock }));
  if (holder === undefined) return { createServer, scheme: "http", guard: logged, stop() {} };
  const warn = (warnings: readonly string[]): void => {
    for (const warning of warnings) log.warn({}, warning);
  };
  warn(holder.current().warnings);
  const passwords = createPasswords(clock);
  const stopWatching = holder.watch(CHECK_INTERVAL, {
    changed(web) {
      passwords.forget();
      const ignored = servers.apply(web);
      warn([...web.warnings, ...(ignored === undefined ? [] : [ignored])]);
      log.info({}, "web configuration reloaded");
    },
    failed(error) {
      const problems = error instanceof ConfigError ? error.message.split("\n") : [String(error)];
      log.error({ problems }, "the new web configuration cannot be used; the old one stays");
    },
  });
  return {
    createServer,
    scheme: holder.current().tls === undefined ? "http" : "https",
    guard: (listener, routes) =>
      logged(guarded(listener, routes, { clock, web: () => holder.current(), passwords, controlToken })),
    stop() {
      stopWatching();
      void passwords.stop();
    },
  };
}
