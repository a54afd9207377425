import type { RequestHandler } from "express";
import { component, componentWithBody, control, reloadControl } from "./control.ts";
import { toLeader } from "./leader.ts";
import type { RouteContext } from "./route-context.ts";
import { actionRoute, actionsRoute, outputRoute, resetRoute } from "./routes/actions.ts";
import { groupsRoute, targetsRoute } from "./routes/api.ts";
import { badgeRoute } from "./routes/badge.ts";
import { reportRoute } from "./routes/component-report.ts";
import { componentsRoute, deleteComponentRoute, reportComponentRoute } from "./routes/components.ts";
import { discoveryRoute } from "./routes/discovery.ts";
import { eventsRoute } from "./routes/events.ts";
import { livezRoute, readyzRoute } from "./routes/health.ts";
import { bodyRoute, heartbeatRoute, heartbeatsRoute } from "./routes/heartbeats.ts";
import { incidentFeedRoute, incidentRoute, incidentsRoute } from "./routes/incidents.ts";
import { configRoute, healthyRoute, readyRoute, reloadRoute } from "./routes/lifecycle.ts";
import { logsRoute } from "./routes/logs.ts";
import { endMaintenanceRoute, maintenanceRoute, startMaintenanceRoute } from "./routes/maintenance.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { failoverRoute, forceRoute, modeRoute, recoveryRoute } from "./routes/mode.ts";
import { channelsRoute, discardMessagesRoute, replayMessagesRoute } from "./routes/notify.ts";
import { openApiRoute } from "./routes/openapi.ts";
import { operationsRoute } from "./routes/operations.ts";
import { homeRoute, overviewRoute } from "./routes/overview.ts";
import {
  assetRoute,
  incidentPageRoute,
  incidentsPageRoute,
  operationsPageRoute,
  probesPageRoute,
  subjectPageRoute,
} from "./routes/page.ts";
import { probeRoute } from "./routes/probe.ts";
import { probeLogRoute, probeNowRoute, probesRoute } from "./routes/probes.ts";
import { statusJsonRoute } from "./routes/public-view.ts";
import { discardRoute, relayRoute, relaysRoute, replayRoute } from "./routes/relay.ts";
import { dashboardRoute, summaryRoute } from "./routes/report.ts";
import {
  autoRoute,
  excludeMemberRoute,
  forceMemberRoute,
  includeMemberRoute,
  routeFlagRoute,
  routeListRoute,
  routeReadyRoute,
  routeRoute,
} from "./routes/routing.ts";
import { runbookRoute, runbooksRoute } from "./routes/runbooks.ts";
import {
  healthRoute,
  heartbeatConfigRoute,
  heartbeatStatusRoute,
  statusRoute,
  triggerRoute,
} from "./routes/status.ts";
import { subjectRoute } from "./routes/subjects.ts";

/** Methods that routes are told apart by, in the order of an `Allow` header. `get` includes HEAD; `all` is any method. */
export const METHODS = ["all", "get", "put", "post", "delete"] as const;
/** A method of the route table. */
export type Method = (typeof METHODS)[number];

/** Makes the handler of a route, or a guard before it. */
type HandlerFactory = (context: RouteContext) => RequestHandler;

/** A path with its handlers by method. Other methods get a 405. */
export interface Route extends Readonly<Partial<Record<Method, readonly HandlerFactory[]>>> {
  /** In express' notation: `/heartbeats/:name`. */
  readonly path: string;
}

/**
 * Every route of the exporter except `/ping` and those of the context API. A route = one handler in `routes/`, one line
 * here, and one in docs/http-api.md. The busiest comes first, because express tries them in order.
 */
export const ROUTES: readonly Route[] = [
  // Any method, as with blackbox_exporter.
  { path: "/probe", all: [probeRoute] },
  { path: "/metrics", get: [metricsRoute] },
  { path: "/sd", get: [discoveryRoute] },

  { path: "/-/healthy", get: [healthyRoute] },
  { path: "/-/ready", get: [readyRoute] },
  { path: "/-/reload", post: [reloadControl, reloadRoute] },
  { path: "/config", get: [configRoute] },
  { path: "/logs", get: [logsRoute] },
  { path: "/runbooks/", get: [runbooksRoute] },
  { path: "/runbooks/:name", get: [runbookRoute] },
  { path: "/", get: [homeRoute] },
  { path: "/page/targets/:name", get: [subjectPageRoute("target")] },
  { path: "/page/heartbeats/:name", get: [subjectPageRoute("heartbeat")] },
  { path: "/page/components/:name", get: [subjectPageRoute("component")] },
  { path: "/page/groups/:name", get: [subjectPageRoute("group")] },
  { path: "/page/incidents", get: [incidentsPageRoute] },
  { path: "/page/incidents/:id", get: [incidentPageRoute] },
  { path: "/page/operations", get: [operationsPageRoute] },
  { path: "/page/probes", get: [probesPageRoute] },
  { path: "/page/assets/:file", get: [assetRoute] },
  { path: "/badge/:file", get: [badgeRoute] },
  { path: "/incidents.atom", get: [incidentFeedRoute] },
  { path: "/status.json", get: [statusJsonRoute] },

  { path: "/heartbeats", get: [heartbeatsRoute] },
  { path: "/heartbeats/:name", get: [heartbeatRoute] },
  { path: "/heartbeats/:name/body", get: [control, bodyRoute] },
  { path: "/machines", get: [heartbeatsRoute] },
  { path: "/machines/:name", get: [heartbeatRoute] },
  { path: "/machines/:name/body", get: [control, bodyRoute] },

  { path: "/route", get: [toLeader, routeListRoute] },
  { path: "/route/:name", get: [toLeader, routeRoute] },
  { path: "/route/:name/ready", get: [toLeader, routeReadyRoute] },
  { path: "/route/:name/flagd.json", get: [toLeader, routeFlagRoute] },
  { path: "/route/:name/force/:target", post: [control, forceMemberRoute] },
  { path: "/route/:name/auto", post: [control, autoRoute] },
  { path: "/route/:name/exclude/:target", post: [control, excludeMemberRoute] },
  { path: "/route/:name/include/:target", post: [control, includeMemberRoute] },

  { path: "/livez", get: [livezRoute] },
  { path: "/readyz", get: [readyzRoute] },
  { path: "/report", get: [reportRoute] },
  { path: "/api/openapi.json", get: [openApiRoute] },
  { path: "/api/v1/overview", get: [overviewRoute] },
  { path: "/api/v1/targets", get: [targetsRoute] },
  { path: "/api/v1/targets/:name", get: [subjectRoute("target")] },
  { path: "/api/v1/targets/:name/probe", post: [control, probeNowRoute] },
  { path: "/api/v1/heartbeats/:name", get: [subjectRoute("heartbeat")] },
  { path: "/api/v1/groups", get: [groupsRoute] },
  { path: "/api/v1/groups/:name", get: [subjectRoute("group")] },
  { path: "/api/v1/incidents", get: [incidentsRoute] },
  { path: "/api/v1/incidents/:id", get: [incidentRoute] },
  { path: "/api/v1/probes", get: [probesRoute] },
  { path: "/api/v1/probes/:id", get: [probeLogRoute] },
  { path: "/api/v1/operations", get: [operationsRoute] },
  { path: "/api/v1/components", get: [componentsRoute] },
  {
    path: "/api/v1/components/:name",
    get: [subjectRoute("component")],
    put: [componentWithBody, reportComponentRoute],
    post: [componentWithBody, reportComponentRoute],
    delete: [component, deleteComponentRoute],
  },

  { path: "/api/v1/events", get: [eventsRoute] },
  { path: "/api/v1/report", get: [summaryRoute] },
  { path: "/api/v1/dashboard", get: [dashboardRoute] },

  { path: "/alertmanager/relay/:name", post: [relayRoute] },
  { path: "/alertmanager/actions/:name", post: [actionRoute] },
  { path: "/api/v1/relay", get: [relaysRoute] },
  { path: "/api/v1/relay/:name/replay", post: [control, replayRoute] },
  { path: "/api/v1/relay/:name/dead-letters", delete: [control, discardRoute] },
  { path: "/api/v1/notify", get: [channelsRoute] },
  { path: "/api/v1/notify/:name/replay", post: [control, replayMessagesRoute] },
  { path: "/api/v1/notify/:name/dead-letters", delete: [control, discardMessagesRoute] },
  { path: "/api/v1/actions", get: [actionsRoute] },
  { path: "/api/v1/actions/:name/runs/:number/output", get: [control, outputRoute] },
  { path: "/api/v1/actions/:name/reset", post: [control, resetRoute] },
  { path: "/api/v1/maintenance", get: [maintenanceRoute], post: [control, startMaintenanceRoute] },
  { path: "/api/v1/maintenance/:id", delete: [control, endMaintenanceRoute] },
];

/** Routes by which applications follow the mode; `context_api.enabled` turns them off. */
export const CONTEXT_API_ROUTES: readonly Route[] = [
  { path: "/health", get: [healthRoute] },
  { path: "/status", get: [toLeader, statusRoute] },
  { path: "/heartbeat/status", get: [toLeader, heartbeatStatusRoute] },
  { path: "/heartbeat/config", get: [heartbeatConfigRoute] },
  { path: "/heartbeat/trigger", post: [control, triggerRoute] },
  { path: "/config/mode", get: [toLeader, modeRoute] },
  { path: "/config/failover", post: [control, failoverRoute] },
  { path: "/config/recovery", post: [control, recoveryRoute] },
  { path: "/config/force/:mode", post: [control, forceRoute] },
];
