import type { Request, Response } from "express";
import { escapeHtml } from "../core/escape.ts";
import { probesTable } from "./probes-table.ts";
import type { RouteContext } from "./route-context.ts";

const LINKS = [
  ["metrics", "metrics of the exporter, of all configured targets and of all heartbeats"],
  ["sd", "service discovery for Prometheus: the configured targets, each through /probe"],
  ["heartbeats", "all heartbeats: by ping, log or lease"],
  ["status", "status and mode of the target with failover"],
  ["config/mode", "the mode that applications should work in"],
  ["config", "the configuration in use, without its secrets"],
  ["report", "status of all targets, heartbeats and components, and of the exporter"],
  ["readyz?verbose", "readiness of the exporter and its group, for Kubernetes"],
  ["logs", "recent probes, each with its log"],
  ["runbooks/", "what each alert means, and what to do"],
  ["-/healthy", "liveness of the exporter"],
  ["-/ready", "readiness of the exporter"],
] as const;

/** Statuses of push heartbeats on the page, the worst first. */
const PUSH_STATUSES = ["offline", "unknown", "online"] as const;

/** `GET /`: links to the other routes, the configured targets, and the recent probes. */
export const landingPage =
  ({ config, routePrefix, version, recentProbes, pushes }: RouteContext) =>
  (_req: Request, res: Response): void => {
    const link = (path: string, text: string): string =>
      `<a href="${escapeHtml(`${routePrefix}/${path}`)}">${escapeHtml(text)}</a>`;
    const links = LINKS.map(([path, text]) => `<li>${link(path, `/${path}`)}: ${text}</li>`);
    const targets = [...config().targets.values()].map(({ name, module }) => {
      const query = new URLSearchParams({ target: name, module: module.name }).toString();
      const probe = link(`probe?${query}`, name);
      return `<li>${probe} (${escapeHtml(module.name)}), ${link(`probe?${query}&debug=true`, "debug")}</li>`;
    });
    const pings = PUSH_STATUSES.map((status) => {
      const count = [...pushes.list()].filter((push) => push.status === status).length;
      return `<li>${link(`heartbeats?status=${status}`, `${count} ${status}`)}</li>`;
    });
    res.type("html").send(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>heartbeat-exporter</title></head>
<body>
<h1>heartbeat-exporter ${escapeHtml(version)}</h1>
<ul>
${links.join("\n")}
</ul>
<h2>Targets</h2>
<ul>
${targets.length === 0 ? "<li>none configured</li>" : targets.join("\n")}
</ul>
<h2>Heartbeats by ping</h2>
<ul>
${pings.join("\n")}
</ul>
<h2>Recent probes</h2>
${probesTable(recentProbes.list(), routePrefix)}
</body>
</html>
`);
  };
