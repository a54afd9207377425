import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Prober, succeeded } from "../../src/core/prober.ts";
import { CONTEXT_API_ROUTES, METHODS, ROUTES } from "../../src/server/route-table.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";

/** A row of a table in docs/http-api.md, for each of its routes. */
interface DocumentedRoute {
  /** Such as `GET /heartbeats/{name}`. */
  readonly route: string;
  readonly parameters: string;
  readonly statuses: readonly number[];
  readonly response: string;
}

const PAGE = readFileSync(new URL("../../docs/http-api.md", import.meta.url), "utf8");

const documented: readonly DocumentedRoute[] = PAGE.split("\n").flatMap((line) => {
  const [, routes = "", parameters = "", statuses = "", response = ""] = line
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
  return [...routes.matchAll(/`([A-Z]+ \/[^`]*)`/g)].map(([, route = ""]) => ({
    route,
    parameters,
    statuses: statuses.split(", ").map(Number),
    response,
  }));
});

/** Pings have a handler of their own, which parses these forms. */
const PINGS = ["{name}", "{name}/{action}", "{token}/{name}", "{token}/{name}/{action}"].flatMap((form) => [
  `GET /ping/${form}`,
  `POST /ping/${form}`,
]);

const existing = [...ROUTES, ...CONTEXT_API_ROUTES].flatMap((route) =>
  METHODS.filter((method) => route[method] !== undefined).map((method) => {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}").replace("/badge/{file}", "/badge/{name}.svg");
    return `${method === "all" ? "ANY" : method.toUpperCase()} ${path}`;
  }),
);

describe("docs/http-api.md", () => {
  test("documents every route once, and no other", () => {
    const routes = documented.map(({ route }) => route);
    expect(routes.toSorted()).toEqual([...existing, ...PINGS].toSorted());
  });

  test.each(documented)("$route has parameters, status codes and a response", (row) => {
    const [, path = ""] = row.route.split(" ");
    expect(row.parameters).toMatch(/^-$|`[\w[\]]+(=[^`]*)?`/);
    expect(row.statuses.length).toBeGreaterThan(0);
    for (const status of row.statuses) expect(status).toBeGreaterThanOrEqual(200);
    expect(row.response.startsWith("control: ")).toBe(
      row.statuses.includes(403) && !/^\/(?:ping|probe)/.test(path),
    );
    expect(row.response.length).toBeGreaterThan(2);
  });
});

const TOKEN = "control-token-of-the-test";
const YAML = `
control: { token_file: token }
modules: { http_2xx: { prober: fixed } }
targets: [{ name: shop, module: http_2xx, target: "http://shop", failover: {} }]
heartbeats: [{ name: sample }]
routes: [{ name: sample, order: [shop] }]
relays: [{ name: sample, token_file: token, url: "http://127.0.0.1:1" }]
actions: [{ name: sample, token_file: token, match: { alertname: Down }, run: [/bin/true] }]
`;
const fixed: Prober = {
  kind: "fixed",
  metrics: [],
  reasons: [],
  schema: {},
  costly: false,
  compile: (options) => options,
  probe: async () => ({ outcome: succeeded, samples: [] }),
};

/** Values for the placeholders of documented paths. */
const SAMPLES: Readonly<Record<string, string>> = {
  action: "log",
  file: "none.js",
  id: "1",
  mode: "primary",
  name: "sample",
  number: "1",
  target: "shop",
  token: "none",
};

describe("a documented route", () => {
  let exporter: LocalExporter;
  beforeAll(async () => {
    exporter = await startLocalExporter({ yaml: YAML, probers: [fixed], files: { token: TOKEN } });
  });
  afterAll(() => exporter[Symbol.asyncDispose]());

  test.each(documented)("$route returns documented status codes", async ({ route, statuses }) => {
    const [method = "", path = ""] = route.split(" ");
    const url = exporter.url + path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => SAMPLES[name] ?? "");
    const bodies = method === "GET" || method === "ANY" ? [{}] : [{}, { body: "x" }];
    const requests = bodies.flatMap((body): RequestInit[] => [
      body,
      { ...body, headers: { Authorization: `Bearer ${TOKEN}` } },
    ]);
    for (const request of requests) {
      const response = await fetch(url, { method: method === "ANY" ? "PATCH" : method, ...request });
      expect(statuses).toContain(response.status);
      // A stream of events would not end.
      if (response.status === 404) expect(await response.text()).not.toContain("no such route");
      else await response.body?.cancel();
    }
  });
});
