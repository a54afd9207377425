import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { WebConfig } from "../../config/web/config.ts";
import type { Clock } from "../../core/clock.ts";
import type { Secret } from "../../core/secret.ts";
import { createTokenCheck } from "../token.ts";
import type { Passwords } from "./passwords.ts";

/** What stands before all routes. */
export interface GuardDeps {
  readonly clock: Clock;
  /** The newest one: a reload replaces it. */
  readonly web: () => WebConfig;
  readonly passwords: Passwords;
  /** The control token, which is as good as a password: a request cannot carry both. */
  readonly controlToken: () => Secret | undefined;
}

/** Hashed for nobody: of unknown users it takes as long as of known ones to say no. */
const NOBODY = "$2y$10$6thhNO3TvXqfOqG2h.gCpeghnbAr1DeiCWdqDXPzuuNKp0MwRm..a";

/** Lets those through to `listener` who may come in, and gives every answer the configured headers. */
export function guarded(listener: RequestListener, deps: GuardDeps): RequestListener {
  const { web, clock } = deps;
  const bucket = createBucket(clock);
  const isToken = createTokenCheck(clock);
  const admit = async (
    req: IncomingMessage,
    res: ServerResponse,
    users: WebConfig["users"],
  ): Promise<void> => {
    // A secret that cannot be read opens nothing.
    const known = await isKnown(req, users, { ...deps, isToken }).catch(() => false);
    if (known === true) return listener(req, res);
    if (known === undefined) return refuse(res, 503, "too many passwords are being looked at");
    res.setHeader("WWW-Authenticate", 'Basic realm="heartbeat-exporter", charset="UTF-8"');
    refuse(res, 401, "want the name and password of a user of --web.config.file");
  };
  return (req, res) => {
    const { headers, users, rateLimit } = web();
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    if (rateLimit !== undefined && !bucket.take(rateLimit)) {
      return refuse(res, 429, "more requests than rate_limit of --web.config.file lets in");
    }
    if (users.size === 0) return listener(req, res);
    void admit(req, res, users);
  };
}

type TokenCheck = ReturnType<typeof createTokenCheck>;

async function isKnown(
  req: IncomingMessage,
  users: ReadonlyMap<string, string>,
  { passwords, controlToken, isToken }: GuardDeps & { readonly isToken: TokenCheck },
): Promise<boolean | undefined> {
  const [, scheme = "", value = ""] = /^(\w+) +(\S+)$/.exec(req.headers.authorization ?? "") ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer": {
      const token = controlToken();
      return token !== undefined && isToken(value, token);
    }
    case "basic": {
      const [, user = "", password] =
        /^([^:]*):(.*)$/s.exec(Buffer.from(value, "base64").toString("utf8")) ?? [];
      if (password === undefined) return false;
      const hash = users.get(user);
      const fits = await passwords.fits(password, hash ?? NOBODY);
      return hash === undefined && fits === true ? false : fits;
    }
    default:
      return false;
  }
}

function refuse(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}

/** A bucket of tokens: each request takes one, and one comes back every interval, up to a burst. */
function createBucket(clock: Clock): { take: (limit: NonNullable<WebConfig["rateLimit"]>) => boolean } {
  let left = Number.POSITIVE_INFINITY;
  let at = clock.monotonic();
  return {
    take({ interval, burst }) {
      const now = clock.monotonic();
      left = Math.min(burst, left + (now - at) / interval);
      at = now;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
