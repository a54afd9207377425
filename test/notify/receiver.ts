import type { IncomingHttpHeaders } from "node:http";
import { serveHttp } from "../helpers/http-targets.ts";

/** A webhook as it arrived. */
export interface Arrived {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a receiver does with a webhook: a status, or nothing at all, or it hangs up. */
export type Answer = number | "hang" | "close" | { readonly status: number; readonly retryAfter: string };

/** A receiver of webhooks that keeps all it gets, whatever it answers. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly arrived: Arrived[];
  /** The events of an idempotent receiver: each identity once, and only what it said yes to. */
  readonly taken: Map<string, Arrived>;
}

export async function startReceiver(answer: (one: Arrived) => Answer = () => 204): Promise<Receiver> {
  const arrived: Arrived[] = [];
  const taken = new Map<string, Arrived>();
  const server = await serveHttp(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const one = {
      path: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(chunks).toString("utf8"),
    };
    arrived.push(one);
    const how = answer(one);
    if (how === "hang") return;
    if (how === "close") return request.socket.destroy();
    const status = typeof how === "number" ? how : how.status;
    const id = String(request.headers["webhook-id"] ?? arrived.length);
    if (status < 300 && !taken.has(id)) taken.set(id, one);
    response.writeHead(status, typeof how === "number" ? {} : { "Retry-After": how.retryAfter }).end();
  });
  return {
    url: `http://${server.host}/hook`,
    arrived,
    taken,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A notification of Alertmanager about alerts with these labels. */
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
