import type { IncomingMessage } from "node:http";
import type { NextFunction, Request, Response } from "express";
import type { Guard } from "../core/auth-failures.ts";
import { defined } from "../core/defined.ts";
import type { Secret } from "../core/secret.ts";
import type { Seconds } from "../core/units.ts";
import { readBody } from "./body.ts";
import { clientSource } from "./client-source.ts";
import { answerWhenDurable } from "./durable.ts";
import type { Guess } from "./guess-limit.ts";
import { localObjection } from "./local-request.ts";
import { retryAfter } from "./rate-limit.ts";
import { refuseJson } from "./refuse.ts";
import type { RouteContext } from "./route-context.ts";
import { bearerOf, sameSecret } from "./token.ts";

/** Longest body read, in bytes. Control routes need none; reading a little of it tells how long it was. */
const LONGEST_BODY = 1024;

/** Guards a route that changes something: requires the control token, and no body or an empty JSON object. */
export const control =
  (context: RouteContext) =>
  async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    if (!(await isAuthorized(context, controlAccess, req, res))) return;
    audit(context, req, res);
    await withoutBody(req, res, next);
  };

/**
 * Guards the reload, which needs no token for programs on this machine unless `control.reload` is `token`. A short body is ignored,
 * as by blackbox_exporter: some side-cars send one.
 */
export const reloadControl =
  (context: RouteContext) =>
  async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    if (!(await isAuthorized(context, reloadAccess, req, res))) return;
    audit(context, req, res);
    const body = await readBody(req, { limit: LONGEST_BODY });
    if (body.kind === "aborted") return;
    if (body.kind === "complete") return next();
    res.set("Connection", "close");
    refuseJson(res, 400, `body: got more than ${LONGEST_BODY} bytes, want none`);
  };

/** Notes a request that changes something, and has it answered once the note and the change are stored. */
function audit(context: RouteContext, { method, url: path, ip }: Request, res: Response): void {
  if (method === "GET" || method === "HEAD") return;
  const { controlAudit, clock } = context;
  answerWhenDurable(context, res, () => {
    controlAudit.record({ at: clock.now(), method, path, status: res.statusCode, ...defined({ from: ip }) });
  });
}

/** Guards a route that reads its own body: requires the token of components, or the control token. */
export const componentWithBody =
  (context: RouteContext) =>
  async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    if (!(await isAuthorized(context, componentAccess, req, res))) return;
    answerWhenDurable(context, res);
    next();
  };

/** Guards a route about a component: requires the token of components, or the control token, and no body or an empty JSON object. */
export const component =
  (context: RouteContext) =>
  async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    if (!(await isAuthorized(context, componentAccess, req, res))) return;
    answerWhenDurable(context, res);
    await withoutBody(req, res, next);
  };

async function withoutBody(req: Request, res: Response, next: NextFunction): Promise<void> {
  const body = await readBody(req, { limit: LONGEST_BODY });
  if (body.kind === "aborted") return;
  if (body.kind === "complete" && isEmptyBody(body.bytes)) return next();
  res.set("Connection", "close");
  const got = body.kind === "complete" ? String(body.bytes.length) : `more than ${LONGEST_BODY}`;
  refuseJson(
    res,
    400,
    `body: got ${got} bytes, want none or {}: parameters of ${req.path} go into its path and query`,
  );
}

/** Many clients of JSON APIs always send an object, which has no fields here. */
const isEmptyBody = (bytes: Buffer): boolean => /^\s*(?:\{\s*\})?\s*$/.test(bytes.toString("latin1"));

/** The tokens that open a route, and the errors of requests without one of them. */
interface Access {
  readonly guard: Guard;
  /** Without any, the route is off. */
  readonly tokens: readonly Secret[];
  readonly off: string;
  /** The name of the token, for people. */
  readonly want: string;
  /** True if this request needs no token. One that it has must be right all the same. */
  readonly isOpen?: boolean;
}

/** The option that turns the control routes on. */
const CONTROL_TOKEN = "control.token_file";

type AccessRule = (context: RouteContext, req: IncomingMessage) => Access;

const controlAccess: AccessRule = ({ config }) => ({
  guard: "control",
  tokens: [config().controlToken ?? []].flat(),
  off: `control routes are off: set ${config().settingName(CONTROL_TOKEN)} to turn them on`,
  want: "control token",
});

const reloadAccess: AccessRule = (context, req) => {
  const access = controlAccess(context, req);
  if (context.config().reloadAccess === "token") return access;
  const objection = localObjection(req);
  if (objection === undefined) return { ...access, isOpen: true };
  const off = `only programs on this machine may reload without a token, but the request ${objection}: set ${context.config().settingName(CONTROL_TOKEN)}, and send that token`;
  return { ...access, off };
};

const componentAccess: AccessRule = ({ config }) => {
  const { componentsToken, controlToken, settingName } = config();
  return {
    guard: "component",
    tokens: [componentsToken ?? [], controlToken ?? []].flat(),
    off: `components cannot report: set ${settingName("components.token_file")}, or ${settingName(CONTROL_TOKEN)}`,
    want: componentsToken === undefined ? "control token" : "token of components",
  };
};

const ACCESS_RULES: ReadonlyMap<unknown, AccessRule> = new Map([
  [control, controlAccess],
  [reloadControl, reloadAccess],
  [component, componentAccess],
  [componentWithBody, componentAccess],
]);

/** Reports whether a guard demands a token of a request that is sent to its route. */
type TokenTest = (context: RouteContext, req: IncomingMessage) => boolean;

/**
 * Returns the test for requests that need a configured token on the routes behind `guard`; `undefined` if it is no guard of this
 * file.
 */
export function tokenTestOf(guard: unknown): TokenTest | undefined {
  const rule = ACCESS_RULES.get(guard);
  return (
    rule &&
    ((context, req) => {
      const access = rule(context, req);
      return access.tokens.length > 0 && !passesWithoutToken(access, req);
    })
  );
}

const passesWithoutToken = ({ isOpen, tokens }: Access, req: IncomingMessage): boolean =>
  isOpen === true && (tokens.length === 0 || bearerOf(req) === undefined);

/** Reports whether the request has one of the tokens, and answers it if not. */
async function isAuthorized(
  context: RouteContext,
  rule: AccessRule,
  req: Request,
  res: Response,
): Promise<boolean> {
  const access = rule(context, req);
  const { guard, tokens, off, want } = access;
  if (passesWithoutToken(access, req)) return true;
  if (tokens.length === 0) {
    refuseJson(res, 403, off);
    return false;
  }
  const given = bearerOf(req);
  if (given !== undefined) {
    const guess = await checkToken(context, access, given, req.ip);
    if (guess.kind === "right") return true;
    if (guess.kind === "limited") {
      refuseGuesses(context, guess.wait, req, res);
      return false;
    }
  }
  context.authFailures.record({ guard, problem: given === undefined ? "missing" : "wrong", from: req.ip });
  res.set("WWW-Authenticate", 'Bearer realm="heartbeat-exporter"');
  refuseJson(
    res,
    401,
    `Authorization: got ${given === undefined ? "no" : "a wrong"} token, want "Bearer <${want}>"`,
  );
  return false;
}

/**
 * Checks a token. Only guesses of the control token alone are limited: clients that share the address of one with a wrong token
 * would otherwise be kept out as well, and a report of a component that is refused causes an alert.
 */
async function checkToken(
  { limits }: RouteContext,
  { guard, tokens }: Access,
  given: string,
  from: string | undefined,
): Promise<Guess> {
  const isRight = (): Promise<boolean> => isOneOf(given, tokens);
  if (guard === "control") return limits.controlTokens.check(clientSource(from), isRight);
  return { kind: (await isRight()) ? "right" : "wrong" };
}

function refuseGuesses({ refusals }: RouteContext, wait: Seconds, req: Request, res: Response): void {
  refusals.record({
    reason: "control_rate",
    detail: "too many wrong control tokens, so that no other is checked for now",
    from: req.ip,
  });
  res.set("Retry-After", retryAfter(wait));
  refuseJson(res, 429, "Authorization: too many wrong control tokens came from this address");
}

async function isOneOf(given: string, tokens: readonly Secret[]): Promise<boolean> {
  for (const token of tokens) if (sameSecret(given, await token.reveal())) return true;
  return false;
}
