import type { RequestListener } from "node:http";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import { excerpt } from "../../core/excerpt.ts";
import { isDebugging, type Log } from "../../core/log.ts";

/** Longest path in the log, in characters. */
const LONGEST_PATH = 200;

/**
 * Wraps a listener: logs each request at debug when its response has ended, with its status and duration. The query is left
 * out, because it may contain the address of a target with its password, or a token.
 */
export function loggedRequests(
  listener: RequestListener,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): RequestListener {
  return (req, res) => {
    if (isDebugging(log)) {
      const start = clock.monotonic();
      const { method, url = "", socket } = req;
      const from = socket.remoteAddress;
      res.once("close", () => {
        const duration = Math.round((clock.monotonic() - start) * 1e6) / 1e6;
        const status = res.headersSent ? res.statusCode : undefined;
        const aborted = res.writableFinished ? undefined : true;
        log.debug(
          { method, path: shownPath(url), ...defined({ status, aborted }), duration, from },
          "request",
        );
      });
    }
    listener(req, res);
  };
}

/** Returns the path for the log. The rest of a path after `/ping/` may be a token, in any spelling of the path. */
export function shownPath(url: string): string {
  const [path = ""] = url.split("?", 1);
  const ping = /^.*?\/ping\//i.exec(decoded(path));
  return ping === null ? excerpt(path, [], LONGEST_PATH) : `${excerpt(ping[0], [], LONGEST_PATH)}...`;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
