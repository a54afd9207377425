import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { API_OPERATIONS } from "../../src/server/openapi/operations.ts";
import { METHODS, ROUTES } from "../../src/server/route-table.ts";
import { logBeat, type PageWorld, pageWorld, TOKEN } from "./page-world.ts";

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

interface DescribedOperation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly security?: readonly object[];
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description: string;
        readonly content?: Readonly<Record<string, { readonly schema: object; readonly example?: unknown }>>;
      }
    >
  >;
}

const YAML = `
control: { token_file: token }
modules: { web: { prober: scripted, timeout: 2s } }
targets:
  - { name: gpt, module: web, target: "http://good", schedule: interval, labels: { team: ai }, failover: {} }
  - { name: bad, module: web, target: "http://bad", schedule: interval, critical: true }
heartbeats:
  - { name: box, timeout: 2m, owner: web-team }
  - { name: nightly, schedule: "0 3 * * *", grace: 1h }
groups: [{ name: shop, members: [gpt, bad, box], components: [worker] }]
maintenance: [{ name: night, targets: [gpt], cron: "0 3 * * *", duration: 1h, time_zone: UTC }]
relays: [{ name: phone, token_file: token, url: "http://127.0.0.1:1" }]
actions: [{ name: restart, token_file: token, match: { alertname: Down }, run: [/bin/true] }]
pages: [{ path: /public, groups: [shop], show: [addresses, reasons, latency] }]
`;

let world: PageWorld;
let described: Described;
beforeAll(async () => {
  world = await pageWorld(YAML);
  world.answers.failures.set("http://bad", "status 503");
  world.answers.beats.set("http://good", [logBeat("/a.log")]);
  await world.probe("bad", "bad", "bad", "gpt");
  await world.ask("/ping/box");
  await world.ask("/api/v1/components/worker", {
    method: "PUT",
    headers: { Authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ status: "healthy" }),
  });
  await world.control("POST", "/api/v1/maintenance?target=gpt&for=1h");
  await world.control("POST", "/config/force/fallback?target=gpt");
  world.clock.advance(seconds(1));
  described = (await world.json("/api/openapi.json")) as unknown as Described;
});
afterAll(() => world[Symbol.asyncDispose]());

const operations = (): readonly (readonly [route: string, operation: DescribedOperation])[] =>
  Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  );

/** Compiles a schema with those that it refers to. `isStrict`: no key may be missing from the description. */
function validatorOf(schema: object, isStrict: boolean) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const root = { ...schema, components: described.components };
  return ajv.compile(isStrict ? (closed(root) as object) : root);
}

/** Schemas that others are joined with, which have more keys then. */
const JOINED = new Set(["HeartbeatFacts"]);

/** Closes every object whose keys are described, except those that are joined with others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).map(
    ([key, value]) => [key, key === "allOf" || JOINED.has(key) ? value : closed(value)] as const,
  );
  const copy: Record<string, unknown> = Object.fromEntries(entries);
  const isClosable = typeof copy["properties"] === "object" && copy["type"] === "object";
  return isClosable ? { ...copy, additionalProperties: false } : copy;
}

describe("/api/openapi.json", () => {
  it("describes every route below /api, and no other", () => {
    const routes = ROUTES.filter(({ path }) => path.startsWith("/api/")).flatMap((route) =>
      METHODS.filter((method) => route[method] !== undefined).map(
        (method) => `${method.toUpperCase()} ${route.path.replaceAll(/:(\w+)/g, "{$1}")}`,
      ),
    );
    expect(
      operations()
        .map(([route]) => route)
        .toSorted(),
    ).toEqual(routes.toSorted());
  });

  it("names the statuses and parameters that docs/http-api.md names", () => {
    const lines = readFileSync(new URL("../../docs/http-api.md", import.meta.url), "utf8").split("\n");
    for (const [route, { responses, parameters, security }] of operations()) {
      const line = lines.find((one) => one.startsWith("| ") && one.includes(`\`${route}\``)) ?? "";
      const [, , documented = "", statuses = "", answer = ""] = line
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim());
      expect([route, Object.keys(responses).toSorted()]).toEqual([route, statuses.split(", ").toSorted()]);
      const named = [...documented.matchAll(/`\[?(\w+)=/g)].map(([, name = ""]) => name);
      const inQuery = parameters.filter((one) => one.in === "query").map(({ name }) => name);
      expect([route, inQuery.toSorted()]).toEqual([route, named.toSorted()]);
      const inPath = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((one) => one.in === "path").map(({ name }) => name)).toEqual(inPath);
      expect([route, security !== undefined]).toEqual([route, answer.startsWith("control: ")]);
    }
  });

  it("has operations with different ids, and every schema that it refers to", () => {
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain("getTargetsName");
    const refs = [...JSON.stringify(described).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    for (const name of refs) expect(Object.keys(described.components.schemas)).toContain(name);
  });

  it("has examples that are what their schemas say", () => {
    const examples = operations().flatMap(([route, { responses }]) =>
      Object.values(responses).flatMap(({ content = {} }) =>
        Object.values(content).flatMap(({ schema, example }) =>
          example === undefined ? [] : [{ route, schema, example }],
        ),
      ),
    );
    expect(examples.length).toBeGreaterThan(10);
    for (const { route, schema, example } of examples) {
      const validate = validatorOf(schema, false);
      validate(example);
      expect([route, validate.errors]).toEqual([route, null]);
    }
  });

  it("is what real answers are: each has every described key, and those of the page no other", async () => {
    const { incidents } = (await world.json("/api/v1/incidents")) as unknown as {
      incidents: { id: string }[];
    };
    const { probes } = (await world.json("/api/v1/probes")) as unknown as { probes: { id: number }[] };
    const names: Readonly<Record<string, string>> = {
      targets: "bad",
      heartbeats: "box",
      groups: "shop",
      components: "worker",
      incidents: incidents[0]?.id ?? "",
      probes: String(probes[0]?.id),
    };
    const gets = API_OPERATIONS.filter(
      ({ method, answer, isControl }) => method === "get" && answer !== undefined && isControl !== true,
    );
    expect(gets.length).toBeGreaterThan(18);
    for (const { path, answer } of gets) {
      const folder = path.split("/")[3] ?? "";
      const url = `${path.replace(/\{\w+\}/, names[folder] ?? "")}${path.endsWith("/events") ? "?format=json" : ""}`;
      const { status, text } = await world.ask(url);
      expect([url, status]).toEqual([url, 200]);
      const validate = validatorOf(answer ?? {}, "$ref" in (answer ?? {}));
      validate(JSON.parse(text));
      expect([url, validate.errors]).toEqual([url, null]);
    }
    for (const url of [
      "/api/v1/targets/gpt?window=1h",
      "/api/v1/heartbeats/nightly",
      "/api/v1/heartbeats/%2Fa.log",
    ]) {
      const validate = validatorOf({ $ref: "#/components/schemas/SubjectPage" }, true);
      validate(await world.json(url));
      expect([url, validate.errors]).toEqual([url, null]);
    }
    for (const url of ["/public.json", "/status.json"]) {
      const validate = validatorOf({ $ref: "#/components/schemas/PublicView" }, true);
      validate(await world.json(url));
      expect([url, validate.errors]).toEqual([url, null]);
    }
  });

  it("can be kept", async () => {
    const { headers } = await world.ask("/api/openapi.json");
    expect(headers.get("cache-control")).toBe("public, max-age=300");
  });
});
