import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { WebConfig } from "../../config/web/config.ts";
import type { AuthFailures, CredentialProblem } from "../../core/auth-failures.ts";
import type { Clock } from "../../core/clock.ts";
import type { Secret } from "../../core/secret.ts";
import { clientSource } from "../client-source.ts";
import type { GuessLimit } from "../guess-limit.ts";
import { refuse } from "../refuse.ts";
import { createTokenCheck } from "../token.ts";
import type { Unchecked } from "./guesses.ts";
import type { Passwords } from "./passwords.ts";

/** Dependencies of the guard. */
export interface GuardDeps {
  readonly clock: Clock;
  /** The web configuration in use; a reload replaces it. */
  readonly web: () => WebConfig;
  readonly passwords: Passwords;
  /** The control token. It also passes as a password, because a request has only one `Authorization`. */
  readonly controlToken: () => Secret | undefined;
}

/** The routes of the listener behind the guard, as far as credentials are concerned. */
export interface GuardedRoutes {
  /** Reports whether the route of a request authenticates it by a token or password of its own. */
  readonly hasOwnCredentials: (request: IncomingMessage) => boolean;
  readonly authFailures: Pick<AuthFailures, "record">;
  /** Limits guesses of the control token on all routes together. */
  readonly controlTokens: GuessLimit;
}

/** Seconds after which a client whose password was not checked should try again. */
const RETRY_AFTER = 5;

/** Compared with the passwords of unknown users, so that they take as long to refuse as known ones. */
const DECOY_HASH = "$2y$10$6thhNO3TvXqfOqG2h.gCpeghnbAr1DeiCWdqDXPzuuNKp0MwRm..a";

/**
 * Wraps a listener: authenticates requests, limits their rate, and sets the configured headers on every answer. Requests that
 * their routes authenticate are passed on, because they have only one `Authorization`.
 */
export function guarded(
  listener: RequestListener,
  routes: GuardedRoutes | undefined,
  deps: GuardDeps,
): RequestListener {
  const { web, clock } = deps;
  const bucket = createBucket(clock);
  const isToken = createTokenCheck(clock);
  const admit = async (
    req: IncomingMessage,
    res: ServerResponse,
    users: WebConfig["users"],
  ): Promise<void> => {
    // A secret that cannot be read authenticates no request.
    const authenticated = await authenticate(req, res, users, {
      ...deps,
      isToken,
      guesses: routes?.controlTokens,
    }).catch(() => false);
    if (authenticated === true) return listener(req, res);
    const record = (problem: CredentialProblem): void =>
      routes?.authFailures.record({ guard: "web", problem, from: req.socket.remoteAddress });
    if (typeof authenticated === "string") {
      record("unchecked");
      res.setHeader("Retry-After", String(RETRY_AFTER));
      return authenticated === "slowed"
        ? refuse(res, 429, "too many wrong passwords from this address; try again later")
        : refuse(res, 503, "too many passwords are being checked");
    }
    record(req.headers.authorization === undefined ? "missing" : "wrong");
    res.setHeader("WWW-Authenticate", 'Basic realm="heartbeat-exporter", charset="UTF-8"');
    refuse(res, 401, "missing or invalid credentials; want a user of --web.config.file");
  };
  return (req, res) => {
    const { headers, users, rateLimit } = web();
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    if (rateLimit !== undefined && !bucket.take(rateLimit)) {
      return refuse(res, 429, "too many requests: rate_limit of --web.config.file is exceeded");
    }
    if (users.size === 0 || routes?.hasOwnCredentials(req) === true) return listener(req, res);
    void admit(req, res, users);
  };
}

type TokenCheck = ReturnType<typeof createTokenCheck>;

/** Checks the credentials of a request. Returns the reason if the password was not checked. */
async function authenticate(
  req: IncomingMessage,
  res: ServerResponse,
  users: ReadonlyMap<string, string>,
  {
    passwords,
    controlToken,
    isToken,
    guesses,
  }: GuardDeps & { readonly isToken: TokenCheck; readonly guesses: GuessLimit | undefined },
): Promise<boolean | Unchecked> {
  const [, scheme = "", value = ""] = /^(\w+) +(\S+)$/.exec(req.headers.authorization ?? "") ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer": {
      const token = controlToken();
      if (token === undefined) return false;
      const isRight = async (): Promise<boolean> => isToken(value, token);
      if (guesses === undefined) return isRight();
      // A token that was not checked is answered as a wrong one.
      return (await guesses.check(clientSource(req.socket.remoteAddress), isRight)).kind === "right";
    }
    case "basic": {
      const [, user = "", password] =
        /^([^:]*):(.*)$/s.exec(Buffer.from(value, "base64").toString("utf8")) ?? [];
      if (password === undefined) return false;
      const hash = users.get(user);
      const gone = new AbortController();
      res.once("close", () => gone.abort());
      // Clients behind one proxy have one address. Guesses for other users then do not slow down this one.
      const guesser = JSON.stringify([
        clientSource(req.socket.remoteAddress),
        hash === undefined ? null : user,
      ]);
      const attempt = { password, hash: hash ?? DECOY_HASH, guesser, signal: gone.signal };
      const matches = await passwords.matches(attempt);
      return hash === undefined && matches === true ? false : matches;
    }
    default:
      return false;
  }
}

/** Creates a token bucket: each request takes a token, and one is added per interval, up to the burst. */
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
