import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catalogue } from "../../../src/catalogue/index.ts";
import { namesOf } from "../../../src/core/metric.ts";
import { failed } from "../../../src/core/prober.ts";
import { createExposition } from "../../../src/metrics/exposition.ts";
import { compileContent } from "../../../src/probers/http/content.ts";
import type { ValueOptions } from "../../../src/probers/http/schema.ts";
import { findInJson, parsePath } from "../../../src/probers/http/values.ts";
import { serveHttp } from "../../helpers/http-targets.ts";
import { probe, verdictOf } from "./probe.ts";

/** Compiles entries and collects their problems. */
function compile(entries: readonly ValueOptions[]) {
  const problems: string[] = [];
  const content = compileContent(
    { metrics: [...entries] },
    {
      problem: (path, got, want) => problems.push(`${path.join(".")}: got ${got}, want ${want}`),
      metricNames: namesOf(Object.values(catalogue)),
    },
  );
  return { content, problems };
}

/** Returns the series of a response. */
function taken(
  entries: readonly ValueOptions[],
  body: string | undefined,
  headers: readonly string[] = [],
): string[] {
  const { content, problems } = compile(entries);
  expect(problems).toEqual([]);
  const exposition = createExposition();
  const read = body === undefined ? failed("network", "the connection was lost") : Buffer.from(body);
  exposition.add(content.inspect(read, { headers, judged: true }).values?.samples ?? []);
  return exposition
    .text()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

const entry = (more: Partial<ValueOptions>): ValueOptions => ({
  name: "petrosa_value",
  help: "A value",
  ...more,
});

/** Seed 3's response to `/metrics`. */
const PETROSA = JSON.stringify({
  components: {
    heartbeat: {
      enabled: true,
      is_running: true,
      interval_seconds: 60,
      heartbeat_count: 10,
      uptime_seconds: 600.0,
      include_detailed_stats: true,
    },
  },
});

/** Seed 1's report. */
const SYNCER = JSON.stringify({
  Status: "Degraded",
  Components: {
    "websocket-connection": { Status: "Healthy", Message: "Connected", Metrics: { reconnects: 0 } },
    "sync-engine": { Status: "Degraded", Message: "slow", Metrics: { queue: 12 } },
  },
});
const STATES = ["Healthy", "Degraded", "Unhealthy", "Unknown"];

describe("values of a JSON body", () => {
  it("are numbers and booleans, by pointer or path", () => {
    const name = (key: string) => `petrosa_heartbeat_${key}`;
    const keys = ["heartbeat_count", "uptime_seconds", "is_running"];
    const byPointer = keys.map((key) => entry({ name: name(key), json: `/components/heartbeat/${key}` }));
    const byPath = keys.map((key) => entry({ name: name(key), json: `components.heartbeat.${key}` }));
    const series = [
      "petrosa_heartbeat_heartbeat_count 10",
      "petrosa_heartbeat_uptime_seconds 600",
      "petrosa_heartbeat_is_running 1",
    ];
    expect(taken(byPointer, PETROSA)).toEqual(series);
    expect(taken(byPath, PETROSA)).toEqual(series);
  });

  it("are states, with a series each, for every component of a report", () => {
    const states = entry({
      name: "syncer_component_status",
      json: "/Components/*/Status",
      step_labels: ["component"],
      states: STATES,
    });
    expect(taken([states], SYNCER)).toEqual(
      [
        ["websocket-connection", "Healthy"],
        ["sync-engine", "Degraded"],
      ].flatMap(([component, current]) =>
        STATES.map(
          (state) =>
            `syncer_component_status{component="${component}",state="${state}"} ${Number(state === current)}`,
        ),
      ),
    );
  });

  it("are labelled by the steps of their path", () => {
    const numbers = entry({
      json: "Components.*.Metrics.*",
      step_labels: ["component", "metric"],
      labels: { team: "sync" },
    });
    expect(taken([numbers], SYNCER)).toEqual([
      'petrosa_value{component="websocket-connection",metric="reconnects",team="sync"} 0',
      'petrosa_value{component="sync-engine",metric="queue",team="sync"} 12',
    ]);
  });

  it.each([
    { json: "/nowhere", body: PETROSA },
    { json: "/components", body: PETROSA },
    { json: "/a", body: '{"a":null}' },
    { json: "/a", body: '{"a":"many"}' },
    { json: "/__proto__/x", body: "{}" },
    { json: "/length", body: '"text"' },
    { json: "/a", body: "no JSON" },
    { json: "/a", body: undefined },
  ])("are absent, not 0, at $json of $body", ({ json, body }) => {
    expect(taken([entry({ json })], body)).toEqual([]);
  });

  it("are absent for an unknown state", () => {
    expect(taken([entry({ json: "Status", states: ["ok", "bad"] })], SYNCER)).toEqual([]);
  });

  it("are converted to base units by a factor", () => {
    expect(taken([entry({ json: "/ms", factor: 0.001 })], '{"ms":"250"}')).toEqual(["petrosa_value 0.25"]);
  });

  it("export the first of two samples of a series", () => {
    expect(taken([entry({ json: "a" }), entry({ json: "b" })], '{"a":1,"b":2}')).toEqual(["petrosa_value 1"]);
  });

  it("are limited in number and length", () => {
    const body = JSON.stringify(
      Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`${i}-${"x".repeat(500)}`, i])),
    );
    const lines = taken([entry({ json: "/*", step_labels: ["key"] })], body);
    expect(lines).toHaveLength(1000);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(250);
  });
});

describe("values of headers and texts", () => {
  it("are a whole header or a group of an expression", () => {
    expect(taken([entry({ header: "X-Queue-Depth" })], undefined, ["X-Queue-Depth", " 17 "])).toEqual([
      "petrosa_value 17",
    ]);
    const part = entry({ header: "Age", regexp: "for (?P<value>[0-9]+)s by (?P<cache>\\w+)" });
    expect(taken([part], undefined, ["Age", "kept for 12s by edge"])).toEqual([
      'petrosa_value{cache="edge"} 12',
    ]);
  });

  it("are a named group of an expression over the body", () => {
    const part = entry({ regexp: "(?m)^load (?P<value>[0-9.]+)$" });
    expect(taken([part], "up 3 days\nload 0.25\n")).toEqual(["petrosa_value 0.25"]);
    expect(taken([part], "up 3 days\n")).toEqual([]);
  });

  it("need the body only if an entry is not a header", () => {
    expect(compile([entry({ header: "Age" })]).content.exportsBody).toBe(false);
    expect(compile([entry({ header: "Age" }), entry({ json: "a" })]).content.exportsBody).toBe(true);
  });
});

describe("a probe", () => {
  const metrics = [
    {
      name: "syncer_component_status",
      help: "Status",
      json: "/Components/*/Status",
      step_labels: ["component"],
      states: STATES,
    },
    { name: "syncer_age_seconds", help: "Age", header: "Age" },
  ];

  it("exports the values of a response that fails, because the report of an unhealthy service matters most", async () => {
    await using server = await serveHttp((_request, response) => {
      response.writeHead(503, { Age: "12" }).end(SYNCER);
    });
    const result = await probe(`http://${server.host}`, { metrics });
    expect(verdictOf(result)).toBe("http_status");
    const own = result.samples.filter(({ metric }) => metric.name.startsWith("syncer_"));
    expect(own).toHaveLength(9);
    expect(own.at(-1)).toMatchObject({ value: 12, labels: {} });
  });

  it("exports no values of an incomplete body", async () => {
    await using server = await serveHttp((_request, response) => {
      response.end(SYNCER);
    });
    const result = await probe(`http://${server.host}`, { metrics, body_size_limit: "10B" });
    expect(verdictOf(result)).toBe("too_large");
    expect(result.samples.filter(({ metric }) => metric.name.startsWith("syncer_"))).toEqual([]);
  });
});

describe("problems", () => {
  it.each([
    {
      more: { name: "probe_success", json: "a" },
      problem:
        'metrics.0.name: got "probe_success", want a name that neither the exporter nor Prometheus uses',
    },
    {
      more: { name: "heartbeat_health_check_duration_seconds_bucket", json: "a" },
      problem:
        'metrics.0.name: got "heartbeat_health_check_duration_seconds_bucket", want a name that neither the exporter nor Prometheus uses',
    },
    {
      more: { name: "scrape_duration_seconds", json: "a" },
      problem:
        'metrics.0.name: got "scrape_duration_seconds", want a name that neither the exporter nor Prometheus uses',
    },
    {
      more: {},
      problem:
        "metrics.0.name: got no single location, want json, or header, or regexp, or header and regexp",
    },
    {
      more: { json: "a", header: "b" },
      problem:
        "metrics.0.name: got no single location, want json, or header, or regexp, or header and regexp",
    },
    {
      more: { json: "a", regexp: "(?P<value>.)" },
      problem:
        "metrics.0.name: got no single location, want json, or header, or regexp, or header and regexp",
    },
    { more: { json: "/a/*" }, problem: "metrics.0.step_labels: got 0 names, want 1, one for each * in /a/*" },
    {
      more: { json: "/a", step_labels: ["x"] },
      problem: "metrics.0.step_labels: got 1 names, want 0, one for each * in /a",
    },
    {
      more: { regexp: "([0-9]+)" },
      problem:
        'metrics.0.regexp: got "([0-9]+)", want an expression with a group named value: (?P<value>...)',
    },
  ])("$problem", ({ more, problem }) => {
    expect(compile([entry(more)]).problems).toEqual([problem]);
  });

  it.each([
    { more: { json: "a", labels: { target: "x" } }, label: "target" },
    { more: { json: "/*", step_labels: ["module"] }, label: "module" },
    { more: { json: "/*/*", step_labels: ["key", "key"] }, label: "key" },
    { more: { json: "a", labels: { state: "x" }, states: ["a"] }, label: "state" },
    { more: { regexp: "(?P<value>.)(?P<job>.)" }, label: "job" },
  ])("refuses the label $label of $more", ({ more, label }) => {
    expect(compile([entry(more)]).problems).toEqual([
      `metrics.0.labels: got a label ${label}, want other names than target, module, instance, job, le, quantile, __*, and each once`,
    ]);
  });

  it("refuses two help texts for one name", () => {
    const { problems } = compile([entry({ json: "a" }), entry({ json: "b", help: "Another" })]);
    expect(problems).toEqual(['metrics.1.help: got two texts for one name, want "A value"']);
  });
});

describe("paths", () => {
  it("decode the escapes of RFC 6901", () => {
    expect(parsePath("/a~1b/~0c/ d")).toEqual(["a/b", "~c", " d"]);
  });

  it("find every value of a document by its pointer", () => {
    const leaves = (
      value: unknown,
      path: readonly string[],
    ): { path: readonly string[]; value: unknown }[] =>
      typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))
        : [{ path, value }];
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (document) => {
        const found = leaves(document, []).map(({ path, value }) => {
          const pointer = path.map((step) => `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
          return path.includes("*") || Object.is(findInJson(document, parsePath(pointer))[0]?.value, value);
        });
        expect(found).not.toContain(false);
      }),
    );
  });
});
