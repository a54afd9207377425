import { createHash } from "node:crypto";
import type { Request, Response } from "express";
import { DURATION_FORM, formatDuration, parseDuration, type Seconds, seconds } from "../../core/units.ts";
import type { RouteCommand, RouteView } from "../../routing/routes.ts";
import { refuse, refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";
import { routeJson } from "../routing-json.ts";

/** Longest time of `?wait=`, below the idle timeouts of common proxies. */
const LONGEST_WAIT = seconds(60);

/** Interval at which a waiting request looks for what no change of a route tells: that its choice is stale. */
const LOOK = seconds(1);

/** Most requests that wait at once. */
const MOST_WAITING = 1000;

/** Longest time of a forced or excluded member. */
const LONGEST_COMMAND = seconds(365 * 86_400);

/** `GET /route`: all routes with their choices. */
export const routeListRoute =
  (context: RouteContext) =>
  (_req: Request, res: Response): void => {
    res.set("Cache-Control", "no-cache");
    res.json({ routes: context.routes.list().map((view) => routeJson(context, view)) });
  };

/**
 * `GET /route/{name}`: which member to use now, and why, as JSON, or with `?format=text|env`. The `ETag` identifies the
 * choice. With `?wait=30s&etag=...` (or `If-None-Match`) the answer comes when the choice differs from it, at the latest
 * after `wait`.
 */
export const routeRoute = (context: RouteContext) => {
  let waiting = 0;
  return async (req: Request, res: Response): Promise<void> => {
    const query = queryOf(req);
    const format = query.get("format") ?? "json";
    if (!isFormat(format)) {
      return refuseJson(res, 400, `format: got ${JSON.stringify(format)}, want json, text or env`);
    }
    const wait = waitOf(query.get("wait"));
    if (wait === undefined) {
      const got = JSON.stringify(query.get("wait"));
      return refuseJson(
        res,
        400,
        `wait: got ${got}, want ${DURATION_FORM}, at most ${formatDuration(LONGEST_WAIT)}`,
      );
    }
    const view = routeOf(context, req, res);
    if (view === undefined) return;
    const known = query.get("etag") ?? req.get("If-None-Match");
    if (wait > 0 && known !== undefined && isSame(known, etagOf(view))) {
      if (waiting >= MOST_WAITING) {
        res.set("Retry-After", "5");
        return refuseJson(res, 503, `wait: ${MOST_WAITING} requests wait already, which is the limit`);
      }
      waiting += 1;
      try {
        await change(context, view.route.name, known, wait, res);
      } finally {
        waiting -= 1;
      }
    }
    const now = routeOf(context, req, res);
    if (now === undefined || res.destroyed) return;
    res.set("ETag", etagOf(now)).set("Cache-Control", "no-cache");
    if (known !== undefined && isSame(known, etagOf(now))) res.status(304).end();
    else answer(context, now, format, res);
  };
};

/** `GET /route/{name}/ready?target=NAME`: 200 if the route uses this member now, else 503: a health check for load balancers. */
export const routeReadyRoute =
  (context: RouteContext) =>
  (req: Request, res: Response): void => {
    const view = routeOf(context, req, res);
    if (view === undefined) return;
    const target = queryOf(req).get("target");
    if (!view.members.some(({ name }) => name === target)) return refuseMember(view, target, res);
    res.set("Cache-Control", "no-store");
    if (view.state.use === target) res.type("text/plain").send("in use\n");
    else
      refuse(res, 503, view.state.use === undefined ? "no member is in use" : `${view.state.use} is in use`);
  };

/**
 * `GET /route/{name}/flagd.json`: the choice as a flag for OpenFeature, in the format of flagd
 * (https://flagd.dev/reference/flag-definitions/). Its variants are the members.
 */
export const routeFlagRoute =
  (context: RouteContext) =>
  (req: Request, res: Response): void => {
    const view = routeOf(context, req, res);
    if (view === undefined) return;
    const names = view.members.map(({ name }) => name);
    res.set("Cache-Control", "no-cache").json({
      $schema: "https://flagd.dev/schema/v0/flags.json",
      flags: {
        [view.route.name]: {
          // Without a choice the application's own default applies.
          state: view.state.use === undefined ? "DISABLED" : "ENABLED",
          variants: Object.fromEntries(names.map((name) => [name, name])),
          defaultVariant: view.state.use ?? names[0],
        },
      },
    });
  };

/** `POST /route/{name}/force/{target}[?for=10m]`: uses a member, usable or not, until `auto`. */
export const forceMemberRoute = (context: RouteContext) => memberCommand(context, "force");

/** `POST /route/{name}/exclude/{target}[?for=1h]`: never uses a member, until it is included again. */
export const excludeMemberRoute = (context: RouteContext) => memberCommand(context, "exclude");

/** `POST /route/{name}/include/{target}`: ends an exclusion. */
export const includeMemberRoute = (context: RouteContext) => memberCommand(context, "include");

/** `POST /route/{name}/auto`: ends a forced choice. */
export const autoRoute =
  (context: RouteContext) =>
  (req: Request, res: Response): void => {
    const view = routeOf(context, req, res);
    if (view !== undefined) run(context, view, { kind: "auto" }, req, res);
  };

const memberCommand =
  (context: RouteContext, kind: "force" | "exclude" | "include") =>
  (req: Request, res: Response): void => {
    const view = routeOf(context, req, res);
    if (view === undefined) return;
    const target = String(req.params["target"]);
    if (!view.members.some(({ name }) => name === target)) return refuseMember(view, target, res);
    const text = queryOf(req).get("for");
    if (text === null || kind === "include") return run(context, view, { kind, target }, req, res);
    const lasting = parseDuration(text);
    if (lasting === undefined || lasting <= 0 || lasting > LONGEST_COMMAND) {
      return refuseJson(res, 400, `for: got ${JSON.stringify(text)}, want ${DURATION_FORM}, at most 365d`);
    }
    run(context, view, { kind, target, lasting }, req, res);
  };

function run(
  context: RouteContext,
  { route }: RouteView,
  command: RouteCommand,
  req: Request,
  res: Response,
): void {
  const view = context.routes.command(route.name, command);
  context.log.warn({ route: route.name, ...command, from: req.ip }, "route changed by an operator");
  if (view !== undefined) res.json(routeJson(context, view));
}

/** Finds the route of a request. Answers it and returns `undefined` if there is none. */
function routeOf({ routes }: RouteContext, req: Request, res: Response): RouteView | undefined {
  const name = String(req.params["name"]);
  const view = routes.find(name);
  if (view !== undefined) return view;
  const known = routes.list().map(({ route }) => route.name);
  const want = known.length === 0 ? "a configured route, but there are none" : `one of: ${known.join(", ")}`;
  refuseJson(res, 404, `route: got ${JSON.stringify(name)}, want ${want}`);
  return undefined;
}

function refuseMember({ members }: RouteView, target: string | null, res: Response): void {
  const got = target === null ? "nothing" : JSON.stringify(target);
  const status = target === null ? 400 : 404;
  refuseJson(res, status, `target: got ${got}, want one of: ${members.map(({ name }) => name).join(", ")}`);
}

const FORMATS = ["json", "text", "env"] as const;
const isFormat = (text: string): text is (typeof FORMATS)[number] =>
  FORMATS.some((format) => format === text);

function waitOf(text: string | null): Seconds | undefined {
  if (text === null) return seconds(0);
  const wait = parseDuration(text);
  return wait === undefined || wait > LONGEST_WAIT ? undefined : wait;
}

/** The tag may come without its quotes in `?etag=`, and as one of several in `If-None-Match`. */
const isSame = (known: string, etag: string): boolean => known.includes(etag.slice(1, -1));

const etagOf = ({ route, state, members, stale }: RouteView): string => {
  const member = members.find(({ name }) => name === state.use);
  const choice = [
    route.name,
    state.use,
    state.since,
    member?.address,
    member?.model,
    state.forced,
    state.exhausted,
    stale,
  ];
  return `"${createHash("sha256").update(JSON.stringify(choice)).digest("base64url").slice(0, 22)}"`;
};

/** Resolves when the choice differs from `known`, the time is over, or the client has left. */
function change(
  { routes, clock }: RouteContext,
  name: string,
  known: string,
  wait: Seconds,
  res: Response,
): Promise<void> {
  return new Promise((resolve) => {
    const end = clock.monotonic() + wait;
    const finish = (): void => {
      unsubscribe();
      cancel();
      res.off("close", finish);
      resolve();
    };
    const look = (): void => {
      const view = routes.find(name);
      const left = end - clock.monotonic();
      if (view === undefined || left <= 0 || !isSame(known, etagOf(view))) return finish();
      cancel();
      cancel = clock.after(seconds(Math.min(LOOK, left)), look);
    };
    const unsubscribe = routes.subscribe((route) => route === name && look());
    let cancel = clock.after(seconds(Math.min(LOOK, wait)), look);
    res.on("close", finish);
  });
}

function answer(
  context: RouteContext,
  view: RouteView,
  format: (typeof FORMATS)[number],
  res: Response,
): void {
  const { use } = view.state;
  if (format === "json") return void res.json(routeJson(context, view));
  if (format === "text") {
    if (use === undefined) return refuse(res, 503, "no member is usable");
    return void res.type("text/plain").send(`${use}\n`);
  }
  const member = view.members.find(({ name }) => name === use);
  const variables = {
    ROUTE: view.route.name,
    ROUTE_USE: use ?? "",
    ROUTE_ADDRESS: member?.address ?? "",
    ROUTE_MODEL: member?.model ?? "",
    ROUTE_FORCED: String(view.state.forced !== undefined),
    ROUTE_STALE: String(view.stale),
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quoted(value)}\n`);
  res.type("text/plain").send(lines.join(""));
}

/** Quotes a value for a shell. */
const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;
