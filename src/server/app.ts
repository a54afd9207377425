import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import express, { type ErrorRequestHandler, type Express, type RequestHandler, Router } from "express";
import { shownPath } from "./front/request-log.ts";
import { hostGuard, hostObjection, hostRules } from "./host-guard.ts";
import { refuse } from "./refuse.ts";
import { hasValidHost, requireHost } from "./request.ts";
import type { RouteContext } from "./route-context.ts";
import { CONTEXT_API_ROUTES, METHODS, type Method, ROUTES, type Route } from "./route-table.ts";
import { pingRoute } from "./routes/ping.ts";
import { probeAnswer } from "./routes/probe.ts";
import { publicViews } from "./routes/public-view.ts";
import { pingsToOwner, toOwner } from "./shards.ts";

/** Longest part of a malformed request target in an answer, in characters. */
const LONGEST_TARGET = 100;

/** Builds the listener that serves all routes of the exporter, by an express app. */
export function createApp(context: RouteContext): RequestListener {
  const { config, routePrefix } = context;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  // Routes parse their own queries.
  app.set("query parser", false);
  app.enable("strict routing");

  app.use(requireHost);
  app.use(hostGuard(context));

  // The most frequent requests come first.
  app.use(`${routePrefix}/ping`, pingsToOwner(context), pingRoute(context));

  const router = routerOf(ROUTES, context);
  const contextApi = routerOf(CONTEXT_API_ROUTES, context);
  app.use(routePrefix === "" ? "/" : routePrefix, toOwner(context));
  router.use((req, res, next) => (config().contextApi.enabled ? contextApi(req, res, next) : next()));
  router.use(publicViews(context));
  app.use(routePrefix === "" ? "/" : routePrefix, router);
  app.use((req, res) => refuse(res, 404, `${req.method} ${req.path}: no such route`));
  app.use(onError(context));
  return probesFirst(refusingTargets(app), context);
}

/**
 * Wraps the app: answers ordinary requests to `/probe` before it. They are most of what an exporter is asked, and express takes a tenth of
 * their CPU time. Requests that are refused or redirected before a probe are left to it.
 */
function probesFirst(app: RequestListener, context: RouteContext): RequestListener {
  const { config, routePrefix } = context;
  const start = `${routePrefix}/probe?`;
  const rules = hostRules(context);
  const answer = probeAnswer(context);
  const fail = answerError(context);
  return (req, res) => {
    const { url = "" } = req;
    const isOrdinary =
      url.startsWith(start) &&
      config().sharding === undefined &&
      hasValidHost(req) &&
      hostObjection(req, rules()) === undefined;
    if (!isOrdinary) return app(req, res);
    answer(req, res, () => app(req, res)).catch((error: unknown) =>
      fail(error, req, res, `${routePrefix}/probe`),
    );
  };
}

/** Wraps the app: answers 400 to a request target that is neither a path nor a URL, which Express' parser warns of. */
const refusingTargets =
  (app: Express): RequestListener =>
  (req, res) => {
    const { url = "" } = req;
    if (url.startsWith("/") || url === "*" || URL.canParse(url)) return void app(req, res);
    const text = `the request target: got ${JSON.stringify(url.slice(0, LONGEST_TARGET))}, want a path or a URL`;
    res.setHeader("Connection", "close");
    refuse(res, 400, text);
  };

function routerOf(routes: readonly Route[], context: RouteContext): Router {
  const router = Router({ strict: true, caseSensitive: true });
  for (const route of routes) {
    const methods = METHODS.filter((method) => route[method] !== undefined);
    for (const method of methods) {
      const handlers = route[method] ?? [];
      router[method](route.path, ...handlers.map((factory) => factory(context)));
    }
    if (route.all === undefined) router.all(route.path, notAllowed(methods));
  }
  return router;
}

function notAllowed(methods: readonly Method[]): RequestHandler {
  const allow = methods.map((method) => (method === "get" ? "GET, HEAD" : method.toUpperCase())).join(", ");
  return (req, res) => {
    res.set("Allow", allow);
    refuse(res, 405, `${req.method} ${req.path}: got ${req.method}, want ${allow}`);
  };
}

function onError(context: RouteContext): ErrorRequestHandler {
  const answer = answerError(context);
  // Express takes only a function with four parameters for a handler of errors.
  return (error: unknown, req, res, _next) => answer(error, req, res, req.path);
}

/** Returns the function that answers a request whose route has failed. */
const answerError =
  ({ log, ready }: RouteContext) =>
  (error: unknown, { method }: IncomingMessage, res: ServerResponse, path: string): void => {
    // Only an end without the last chunk tells the client that the answer is not complete.
    const refuseOrBreak = (status: number, text: string): void =>
      res.headersSent ? void res.destroy() : refuse(res, status, text);
    if (!ready()) return refuseOrBreak(503, "the exporter is shutting down");
    const status = res.headersSent ? 500 : statusOf(error);
    if (status < 500) return refuse(res, status, `${method} ${path}: ${String(error)}`);
    log.error(
      { err: error, method, path: shownPath(path) },
      "a route failed, which is a bug of the exporter",
    );
    refuseOrBreak(500, "internal error; see the exporter's log");
  };

/** Returns the status of an error. Express sets one on errors of the client, such as a path that cannot be decoded. */
const statusOf = (error: unknown): number =>
  typeof error === "object" && error !== null && "status" in error && typeof error.status === "number"
    ? error.status
    : 500;
