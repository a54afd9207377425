import type { IncomingHttpHeaders } from "node:http";
import { serveHttp } from "../helpers/http-targets.ts";

/** A request that a receiver got. */
export interface ReceivedWebhook {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How a receiver responds: a status, no response at all, or a closed connection. */
export type Reply = number | "hang" | "close" | { readonly status: number; readonly retryAfter: string };

/** A receiver of webhooks. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  /** All requests, whatever the reply. */
  readonly arrived: ReceivedWebhook[];
  /** The requests replied to with 2xx, each webhook id once, as an idempotent receiver would process them. */
  readonly accepted: Map<string, ReceivedWebhook>;
}

/** Starts a receiver that replies as `reply` says. */
export async function startReceiver(reply: (one: ReceivedWebhook) => Reply = () => 204): Promise<Receiver> {
  const arrived: ReceivedWebhook[] = [];
  const accepted = new Map<string, ReceivedWebhook>();
  const server = await serveHttp(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const one = {
      path: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(chunks).toString("utf8"),
    };
    arrived.push(one);
    const chosen = reply(one);
    if (chosen === "hang") return;
    if (chosen === "close") return request.socket.destroy();
    const status = typeof chosen === "number" ? chosen : chosen.status;
    const id = String(request.headers["webhook-id"] ?? arrived.length);
    if (status < 300 && !accepted.has(id)) accepted.set(id, one);
    response.writeHead(status, typeof chosen === "number" ? {} : { "Retry-After": chosen.retryAfter }).end();
  });
  return {
    url: `http://${server.host}/hook`,
    arrived,
    accepted,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Builds a notification of Alertmanager about these alerts. */
export function notification(
  alerts: readonly {
    readonly status?: "firing" | "resolved";
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly startsAt?: string;
    readonly endsAt?: string;
    readonly fingerprint?: string;
  }[],
): string {
  return JSON.stringify({
    version: "4",
    groupKey: '{}:{alertname="HeartbeatDown"}',
    truncatedAlerts: 0,
    status: alerts[0]?.status ?? "firing",
    receiver: "relay",
    groupLabels: { alertname: "HeartbeatDown" },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: "http://alertmanager.example.com",
    alerts: alerts.map((alert) => ({
      status: "firing",
      annotations: {},
      startsAt: "2025-09-15T13:30:00.123456789Z",
      endsAt: alert.status === "resolved" ? "2025-09-15T13:40:00Z" : "0001-01-01T00:00:00Z",
      generatorURL: "http://prometheus.example.com/graph",
      fingerprint: "0123456789abcdef",
      ...alert,
    })),
  });
}
