import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  Router,
} from "express";
import { control, controlWithBody } from "./control.ts";
import type { RouteContext } from "./deps.ts";
import { landingPage } from "./landing-page.ts";
import { refuse } from "./refuse.ts";
import { actionRoute, actionsRoute, outputRoute, resetRoute } from "./routes/actions.ts";
import { groupsRoute, targetsRoute } from "./routes/api.ts";
import { reportRoute } from "./routes/component-report.ts";
import { componentsRoute, forgetComponentRoute, reportComponentRoute } from "./routes/components.ts";
import { discoveryRoute } from "./routes/discovery.ts";
import { eventsRoute } from "./routes/events.ts";
import { livezRoute, readyzRoute } from "./routes/health.ts";
import { bodyRoute, heartbeatRoute, heartbeatsRoute } from "./routes/heartbeats.ts";
import { configRoute, healthyRoute, readyRoute, reloadRoute } from "./routes/lifecycle.ts";
import { logsRoute } from "./routes/logs.ts";
import { endMaintenanceRoute, maintenanceRoute, startMaintenanceRoute } from "./routes/maintenance.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { changeRoute, forceRoute, modeRoute } from "./routes/mode.ts";
import { pingRoute } from "./routes/ping.ts";
import { probeRoute } from "./routes/probe.ts";
import { lettersRoute, relayRoute, relaysRoute } from "./routes/relay.ts";
import { dashboardRoute, summaryRoute } from "./routes/report.ts";
import {
  healthRoute,
  heartbeatConfigRoute,
  heartbeatStatusRoute,
  statusRoute,
  triggerRoute,
} from "./routes/status.ts";

/** All routes of the exporter. Adding a family of routes = one file under `routes/` and its lines here. */
export function createApp(deps: RouteContext): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  // Each route reads its own query, and only what it needs of it.
  app.set("query parser", false);
  // HEAD and GET are told apart by nobody here, and a path means itself.
  app.enable("strict routing");

  // First of all, because nothing comes in as often; and it logs itself, because its paths may hold tokens.
  app.use(`${deps.routePrefix}/ping`, pingRoute(deps));

  // The path alone: a query may hold the address of a target with a password in it.
  app.use((req, _res, next) => {
    deps.log.debug({ method: req.method, path: shownPath(req), from: req.ip }, "request");
    next();
  });

  const router = Router({ strict: true, caseSensitive: true });
  // The hot path stands first; like blackbox_exporter's it takes any method.
  router.all("/probe", probeRoute(deps));
  get(router, "/metrics", metricsRoute(deps));
  get(router, "/sd", discoveryRoute(deps));
  get(router, "/-/healthy", healthyRoute);
  get(router, "/-/ready", readyRoute(deps));
  post(router, "/-/reload", control(deps), reloadRoute(deps));
  get(router, "/config", configRoute(deps));
  get(router, "/logs", logsRoute(deps));
  for (const path of ["/heartbeats", "/machines"]) {
    get(router, path, heartbeatsRoute(deps));
    get(router, `${path}/:name`, heartbeatRoute(deps));
    get(router, `${path}/:name/body`, control(deps), bodyRoute(deps));
  }
  get(router, "/api/v1/report", summaryRoute(deps));
  get(router, "/api/v1/dashboard", dashboardRoute(deps));
  get(router, "/api/v1/events", eventsRoute(deps));
  get(router, "/", landingPage(deps));

  router.use(groupRoutes(deps));
  router.use(notifyRoutes(deps));
  router.use(contextApi(deps));
  app.use(deps.routePrefix === "" ? "/" : deps.routePrefix, router);
  app.use((req, res) => refuse(res, 404, `${req.method} ${req.path}: there is no such route`));
  app.use(onError(deps));
  return app;
}

/** What is known of groups, targets and components. */
function groupRoutes(deps: RouteContext): Router {
  const router = Router({ strict: true, caseSensitive: true });
  get(router, "/livez", livezRoute(deps));
  get(router, "/readyz", readyzRoute(deps));
  get(router, "/report", reportRoute(deps));
  get(router, "/api/v1/targets", targetsRoute(deps));
  get(router, "/api/v1/groups", groupsRoute(deps));
  get(router, "/api/v1/components", componentsRoute(deps));
  const component = "/api/v1/components/:name";
  router.put(component, controlWithBody(deps), reportComponentRoute(deps));
  router.post(component, controlWithBody(deps), reportComponentRoute(deps));
  router.delete(component, control(deps), forgetComponentRoute(deps));
  router.all(component, notAllowed("PUT, POST, DELETE"));
  return router;
}

/** Alertmanager's notifications, what is done about them, and when nothing is. */
function notifyRoutes(deps: RouteContext): Router {
  const router = Router({ strict: true, caseSensitive: true });
  post(router, "/alertmanager/relay/:name", relayRoute(deps));
  post(router, "/alertmanager/actions/:name", actionRoute(deps));
  get(router, "/api/v1/relay", relaysRoute(deps));
  post(router, "/api/v1/relay/:name/replay", control(deps), lettersRoute(deps, "replay"));
  router.delete("/api/v1/relay/:name/dead-letters", control(deps), lettersRoute(deps, "discard"));
  router.all("/api/v1/relay/:name/dead-letters", notAllowed("DELETE"));
  get(router, "/api/v1/actions", actionsRoute(deps));
  get(router, "/api/v1/actions/:name/runs/:number/output", control(deps), outputRoute(deps));
  post(router, "/api/v1/actions/:name/reset", control(deps), resetRoute(deps));
  const maintenance = "/api/v1/maintenance";
  router.get(maintenance, maintenanceRoute(deps));
  router.post(maintenance, control(deps), startMaintenanceRoute(deps));
  router.all(maintenance, notAllowed("GET, HEAD, POST"));
  router.delete(`${maintenance}/:id`, control(deps), endMaintenanceRoute(deps));
  router.all(`${maintenance}/:id`, notAllowed("DELETE"));
  return router;
}

/** Seed 0's routes, by which applications follow the mode. */
function contextApi(deps: RouteContext): Router {
  const router = Router({ strict: true, caseSensitive: true });
  router.use((_req, _res, next) => next(deps.current().contextApi.enabled ? undefined : "router"));
  get(router, "/health", healthRoute(deps));
  get(router, "/status", statusRoute(deps));
  get(router, "/heartbeat/status", heartbeatStatusRoute(deps));
  get(router, "/heartbeat/config", heartbeatConfigRoute(deps));
  post(router, "/heartbeat/trigger", control(deps), triggerRoute(deps));
  get(router, "/config/mode", modeRoute(deps));
  post(router, "/config/failover", control(deps), changeRoute(deps, "failover"));
  post(router, "/config/recovery", control(deps), changeRoute(deps, "recovery"));
  post(router, "/config/force/:mode", control(deps), forceRoute(deps));
  return router;
}

/** The path as the log may have it: that of a ping, however it is written, may hold a token. */
const shownPath = ({ path }: Request): string => path.replace(/(\/ping\/).*$/i, "$1...");

const get = (router: Router, path: string, ...handlers: RequestHandler[]): void => {
  router.get(path, ...handlers);
  router.all(path, notAllowed("GET, HEAD"));
};

const post = (router: Router, path: string, ...handlers: RequestHandler[]): void => {
  router.post(path, ...handlers);
  router.all(path, notAllowed("POST"));
};

const notAllowed =
  (allowed: string): RequestHandler =>
  (req, res) => {
    res.set("Allow", allowed);
    refuse(res, 405, `${req.method} ${req.path}: got ${req.method}, want ${allowed}`);
  };

const onError =
  ({ log, ready }: RouteContext): ErrorRequestHandler =>
  (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    if (!ready()) return refuse(res, 503, "the exporter is shutting down");
    const status = statusOf(error);
    if (status < 500) return refuse(res, status, `${req.method} ${req.path}: ${String(error)}`);
    log.error(
      { err: error, method: req.method, path: shownPath(req) },
      "a route failed, which is a bug of the exporter",
    );
    refuse(res, 500, "internal error; the exporter's log says more");
  };

/** express marks errors that are the client's (a path that cannot be decoded) with a status. */
const statusOf = (error: unknown): number =>
  typeof error === "object" && error !== null && "status" in error && typeof error.status === "number"
    ? error.status
    : 500;
