import { readFileSync } from "node:fs";
import { connect } from "node:net";
import fc from "fast-check";
import { CONTEXT_API_ROUTES, METHODS, ROUTES } from "../../src/server/route-table.ts";
import { JSONS, NUMBERS, TEXTS } from "./answers.ts";

/** A request as it is sent, byte by byte. */
export interface FuzzRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** The beginning of the exporter's answer. */
export interface FuzzResponse {
  /** 0 if the exporter closed the connection without one. */
  readonly status: number;
  readonly text: string;
}

/** Values that mean something to the exporter. */
export interface Known {
  /** Names of targets, heartbeats, groups, relays and so on, and tokens. */
  readonly names: readonly string[];
  readonly modules: readonly string[];
  /** Addresses for `/probe`. */
  readonly addresses: readonly string[];
  /** The one of these that most kinds of probers get an answer from. */
  readonly answering: string;
  /** The token of control, heartbeats, relays and actions. */
  readonly token: string;
}

const PINGS = ["/ping/:name", "/ping/:name/:action", "/ping/:token/:name", "/ping/:token/:name/:action"];

/** Every path of the server with its methods. Pings and public views are not in the table. */
const PATHS: readonly { readonly path: string; readonly methods: readonly string[] }[] = [
  ...[...ROUTES, ...CONTEXT_API_ROUTES].map((route) => ({
    path: route.path,
    methods: METHODS.filter((method) => route[method] !== undefined).map((method) =>
      method === "all" ? "GET" : method.toUpperCase(),
    ),
  })),
  ...PINGS.map((path) => ({ path, methods: ["GET", "POST"] })),
  { path: "/public", methods: ["GET"] },
  { path: "/public/status.json", methods: ["GET"] },
];

/** Every parameter that docs/http-api.md names; test/server/route-table.test.ts holds the page against the routes. */
const PARAMETERS: readonly string[] = [
  ...new Set(
    [
      ...readFileSync(new URL("../../docs/http-api.md", import.meta.url), "utf8").matchAll(
        /`\[?([a-z_.]+(?:\[\])?)(?:=[^`]*)?\]?`/g,
      ),
    ].map(([, name = ""]) => name),
  ),
];

const TIMES = [
  "10m",
  "0",
  "1ns",
  "292y",
  "293y",
  "99999999999999y",
  "106751d",
  "-1s",
  "1e9s",
  "2026-01-01T00:00:00Z",
  "9999-12-31T23:59:59Z",
  "9999-12-31T23:59:59-23:59",
  "0000-01-01T00:00:00+23:59",
  "0001-01-01T00:00:00Z",
  "1970-01-01T00:00:00Z",
  "-1",
  "253402300800",
  "8640000000000001",
  "1h|24h",
  "24h",
  "30d",
]; // prettier-ignore

const HOSTS = [
  "x\r\nX-Injected: 1",
  "a b",
  "\u0000",
  "münchen.example",
  "[::1]",
  "127.0.0.1:99999",
  "x".repeat(300),
  "@",
  "http://a/",
]; // prettier-ignore

/** Request targets that are no paths, or paths that are no URLs. */
const TARGETS = [
  "*",
  "//",
  "///",
  "//[",
  "/\\",
  "http://[/metrics",
  "http://a:b@c:99999/probe?target=x",
  "/%",
  "/%2e%2e/%2e%2e/etc/passwd",
  "/..;/",
  "/page/assets/../../package.json",
  "/page/assets/..%2f..%2fpackage.json",
  "/runbooks/..%2f..%2fREADME",
  "/badge/%00.svg",
  "/probe?%zz=%zz",
  "/metrics?collect[]=a&collect[]=b",
  "/?",
  "/?&&==&",
  "/#x",
  "/probe#?target=x",
  "HTTP://x/metrics",
]; // prettier-ignore

function valuesOf({ names, modules, addresses }: Known): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(...names),
    fc.constantFrom(...modules),
    fc.constantFrom(...addresses),
    fc.constantFrom(...TIMES),
    fc.constantFrom(...HOSTS),
    fc.constantFrom(
      "json",
      "text",
      "env",
      "true",
      "primary",
      "fallback",
      "auto",
      "start",
      "fail",
      "log",
      "255",
      "256",
      "1",
    ),
    fc.constantFrom(
      "target",
      "heartbeat",
      "group",
      "component",
      "healthy",
      "status",
      "uptime",
      "latency",
      "team=a",
      "=",
      "a=b=c",
    ),
    NUMBERS.map(String),
    TEXTS,
  );
}

/** Makes requests to every route; most are nearly right, so that they come past the first check. */
export function requestsFor(known: Known): fc.Arbitrary<FuzzRequest> {
  const values = valuesOf(known);
  const encoded = fc.oneof(
    { weight: 9, arbitrary: values.map((value) => encodeURIComponent(value.toWellFormed())) },
    // As it is, except for what would end the request line.
    { weight: 1, arbitrary: values.map((value) => value.replaceAll(/[\r\n ]/g, "")) },
  );
  const known1 = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...known.names) },
    { weight: 1, arbitrary: encoded },
  );
  const pathOf = (path: string): fc.Arbitrary<string> =>
    fc.array(known1, { minLength: 4, maxLength: 4 }).map((parts) => {
      let at = 0;
      return path.replaceAll(/:(\w+)/g, (_, name: string) =>
        name === "token" ? known.token : (parts[at++] ?? ""),
      );
    });
  const query = fc
    .array(fc.tuple(fc.constantFrom(...PARAMETERS, "labels.team"), encoded), { maxLength: 4 })
    .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join("&"));
  const probe = fc
    .tuple(
      fc.constantFrom(...known.modules),
      fc.oneof(
        { weight: 3, arbitrary: fc.constant(known.answering) },
        { weight: 2, arbitrary: fc.constantFrom(...known.addresses) },
        { weight: 1, arbitrary: values },
      ),
      fc.option(values, { freq: 3, nil: undefined }),
      fc.option(values, { freq: 3, nil: undefined }),
      fc.boolean(),
    )
    .map(([module, target, hostname, model, debug]) => {
      const parameters = { module, target, hostname, model, debug: debug ? "true" : undefined };
      const pairs = Object.entries(parameters).flatMap(([name, value]) =>
        value === undefined ? [] : [`${name}=${encodeURIComponent(value.toWellFormed())}`],
      );
      return { method: "GET", target: `/probe?${pairs.join("&")}` };
    });
  const routed = fc
    .constantFrom(...PATHS)
    .chain(({ path, methods }) =>
      fc.tuple(
        fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom(...methods) },
          {
            weight: 1,
            arbitrary: fc.constantFrom(
              "HEAD",
              "OPTIONS",
              "PATCH",
              "TRACE",
              "DELETE",
              "PUT",
              "POST",
              "PROPFIND",
            ),
          },
        ),
        pathOf(path),
        query,
      ),
    )
    .map(([method, path, text]) => ({ method, target: `${path}${text === "" ? "" : `?${text}`}` }));
  const line = fc.oneof(
    { weight: 5, arbitrary: routed },
    { weight: 3, arbitrary: probe },
    {
      weight: 1,
      arbitrary: fc
        .oneof(values, fc.constantFrom(...TARGETS))
        .map((value) => ({ method: "GET", target: value.replaceAll(/[\r\n ]/g, "") })),
    },
  );
  return fc
    .tuple(line, headersOf(known, values), fc.oneof(fc.constant(""), fc.constant("{}"), bodies(known)))
    .map(([{ method, target }, headers, body]) => ({ method, target, headers, body }));
}

function headersOf({ token }: Known, values: fc.Arbitrary<string>): FuzzHeaders {
  const authorization = fc.oneof(
    { weight: 6, arbitrary: fc.constant([["Authorization", `Bearer ${token}`]] as const) },
    { weight: 1, arbitrary: values.map((value) => [["Authorization", value]] as const) },
    { weight: 1, arbitrary: fc.constant([]) },
  );
  const others = fc.array(
    fc.tuple(
      fc.constantFrom(
        "Accept",
        "Accept-Encoding",
        "Content-Type",
        "Content-Encoding",
        "If-None-Match",
        "If-Modified-Since",
        "Last-Event-ID",
        "Range",
        "X-Prometheus-Scrape-Timeout-Seconds",
        "Host",
        "Origin",
        "Referer",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "Forwarded",
        "Cookie",
        "User-Agent",
        "Upgrade",
        "Sec-Fetch-Site",
        "traceparent",
        "Accept-Language",
        "TE",
        "Trailer",
      ), // prettier-ignore
      fc.oneof(
        values,
        fc.constantFrom(
          "application/json",
          "text/html",
          "text/event-stream",
          "*/*",
          "application/openmetrics-text;version=1.0.0",
          "gzip;q=0, *;q=0",
          "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
          "gzip",
          "zstd, gzip;q=NaN",
          "websocket",
          "bytes=0-",
          "0.000001",
          "1e308",
          "-5",
          "identity;q=0",
          "text/plain;charset=utf-16",
        ), // prettier-ignore
      ),
    ),
    { maxLength: 3 },
  );
  return fc.tuple(authorization, others).map(([first, rest]) => [...first, ...rest]);
}
type FuzzHeaders = fc.Arbitrary<readonly (readonly [string, string])[]>;

/** Bodies: nearly those of Alertmanager, components and pings; any JSON; any text. */
function bodies({ names }: Known): fc.Arbitrary<string> {
  const name = fc.oneof(fc.constantFrom(...names), TEXTS);
  const time = fc.oneof(fc.constantFrom(...TIMES), TEXTS, NUMBERS);
  const labels = fc.dictionary(
    fc.constantFrom("alertname", "heartbeat", "target", "severity", "group", "team", "job"),
    name,
  );
  const alert = fc.record(
    {
      status: fc.constantFrom("firing", "resolved", "x"),
      labels,
      annotations: labels,
      startsAt: time,
      endsAt: time,
      generatorURL: name,
      fingerprint: name,
    },
    { requiredKeys: ["status", "labels", "startsAt", "endsAt"] },
  );
  const notification = fc.record({
    version: fc.constantFrom("4", "5"),
    status: fc.constantFrom("firing", "resolved"),
    receiver: name,
    groupKey: name,
    groupLabels: labels,
    commonLabels: labels,
    commonAnnotations: labels,
    externalURL: name,
    truncatedAlerts: NUMBERS,
    alerts: fc.array(alert, { maxLength: 3 }),
  });
  const report = fc.record(
    {
      status: fc.constantFrom("healthy", "degraded", "unhealthy", "x"),
      message: TEXTS,
      ttl: fc.oneof(fc.constantFrom(...TIMES), NUMBERS),
      metrics: fc.dictionary(fc.oneof(fc.constantFrom("queue_length", "a"), TEXTS), fc.oneof(NUMBERS, JSONS)),
      critical: fc.boolean(),
      reported_at: time,
    },
    { requiredKeys: ["status"] },
  );
  const facts = fc.record({ hostname: name, owner: name, description: TEXTS, labels }, { requiredKeys: [] });
  return fc.oneof(
    fc.oneof(notification, report, facts, JSONS).map((value) => JSON.stringify(value) ?? ""),
    TEXTS,
    fc.constant("[".repeat(20_000)),
  );
}

/** Longest wait for an answer: streams do not end, and a route may wait for a change. */
const PATIENCE_MS = 1500;
/** Longest part of an answer that is kept. */
const LONGEST = 20_000;

/** Sends a request over a connection of its own. */
export function send(port: number, { method, target, headers, body }: FuzzRequest): Promise<FuzzResponse> {
  const bytes = Buffer.from(body);
  const lines = headers.map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]/g, " ")}\r\n`).join("");
  const host = headers.some(([name]) => name === "Host") ? "" : "Host: localhost\r\n";
  const head = `${method} ${target} HTTP/1.1\r\n${host}${lines}Connection: close\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1");
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text });
    };
    const timer = setTimeout(end, PATIENCE_MS);
    socket.on("error", end);
    socket.on("close", end);
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (text.length > LONGEST || (/^HTTP.*?\r\n\r\n/s.test(text) && /text\/event-stream/i.test(text)))
        end();
    });
    // As UTF-8, so that bytes above 127 arrive as well.
    socket.write(Buffer.concat([Buffer.from(head), bytes]));
  });
}
