import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gauge } from "../../src/core/metric.ts";
import { type Prober, succeeded } from "../../src/core/prober.ts";
import { seconds } from "../../src/core/units.ts";
import { manualClock } from "../helpers/clock.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { parseExposition, valueOf } from "../helpers/exposition.ts";
import { waitUntil } from "../helpers/process.ts";
import { heldProber } from "../helpers/stand-in-prober.ts";

const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const instant: Prober = {
  kind: "instant",
  metrics: [],
  reasons: ["connect"],
  schema: {},
  costly: false,
  compile: (options) => options,
  probe: async () => ({ outcome: succeeded, samples: [] }),
};

const yamlOf = (targets: number, prober = "instant", schedule = "on_scrape"): string => `
modules: { one: { prober: ${prober}, histograms: [duration, failed_duration], probe_details: true } }
limits: { max_concurrent_probes_per_host: 20 }
targets:
${Array.from({ length: targets }, (_, i) => `  - { name: target-${i}, module: one, target: "t://${i}", schedule: ${schedule}, interval: 1d }`).join("\n")}
`;

interface Page {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  /** As it was sent. */
  readonly body: Buffer;
  /** Without its coding. */
  readonly text: string;
}

/** Sends a request as it is: fetch would add headers and decompress. */
const open = (
  url: string,
  headers: Readonly<Record<string, string>>,
  method: string,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request(url, { headers, method, agent: false }, resolve).on("error", reject).end();
  });

async function fetchPage(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<Page> {
  const response = await open(url, headers, method);
  const body = await buffer(response);
  const coding = response.headers["content-encoding"];
  const plain =
    body.length === 0
      ? body
      : coding === "gzip"
        ? gunzipSync(body)
        : coding === "zstd"
          ? zstdDecompressSync(body)
          : body;
  return { status: response.statusCode, headers: response.headers, body, text: plain.toString() };
}

/** Names and labels of all series, without values, which change from one scrape to the next. */
const seriesOf = (text: string): readonly string[] =>
  parseExposition(text)
    .series.map(({ name, labels }) => JSON.stringify([name, labels]))
    .toSorted();

let exporter: LocalExporter;
beforeAll(async () => {
  exporter = await startLocalExporter({ yaml: yamlOf(50), probers: [instant] });
});
afterAll(() => exporter[Symbol.asyncDispose]());

describe("Accept-Encoding of /metrics and /probe", () => {
  it.each([
    ["nothing", undefined, undefined],
    ["gzip", "gzip", "gzip"],
    ["Prometheus", "gzip", "gzip"],
    ["any", "*", "gzip"],
    ["zstd", "zstd", "zstd"],
    ["both, gzip first", "gzip, deflate, br, zstd", "gzip"],
    ["both, zstd first", "zstd, gzip", "zstd"],
    ["zstd preferred by its quality", "gzip;q=0.5, zstd;q=0.9", "zstd"],
    ["identity preferred by its quality", "gzip;q=0.5, identity", undefined],
    ["gzip refused", "gzip;q=0", undefined],
    ["anything but gzip", "gzip;q=0, *;q=0.5", "zstd"],
    ["codings of others", "br, deflate", undefined],
    ["identity refused, gzip accepted", "identity;q=0, gzip;q=0.1", "gzip"],
    ["everything else refused", "*;q=0, gzip", "gzip"],
    ["malformed", ";;;q=,", undefined],
  ])("%s", async (_title, accepted, coding) => {
    const headers = accepted === undefined ? {} : { "Accept-Encoding": accepted };
    for (const path of ["/metrics", "/probe?target=target-1"]) {
      const page = await fetchPage(exporter.url + path, headers);
      // What one probe has to say is short.
      const isShort =
        page.text.length < 1024 &&
        accepted?.includes("identity;q=0") !== true &&
        accepted?.includes("*;q=0,") !== true;
      expect(page.status).toBe(200);
      expect(page.headers["content-encoding"]).toBe(isShort ? undefined : coding);
      expect(page.headers.vary).toBe("Accept, Accept-Encoding");
      expect(page.text).toMatch(/^# HELP /);
      expect(page.text).toMatch(/\n$/);
    }
  });

  it.each(["/metrics", "/probe?target=target-1"])("%s is 406 if no coding is accepted", async (path) => {
    const { status, text } = await fetchPage(exporter.url + path, { "Accept-Encoding": "br, identity;q=0" });
    expect(status).toBe(406);
    expect(text).toBe("Accept-Encoding: got none of the codings, want gzip, zstd or identity\n");
  });

  it("compresses /sd and /api/v1/targets, with the same content", async () => {
    for (const path of ["/sd", "/api/v1/targets"]) {
      const plain = await fetchPage(exporter.url + path);
      const page = await fetchPage(exporter.url + path, { "Accept-Encoding": "gzip" });
      expect(page.headers).toMatchObject({
        "content-encoding": "gzip",
        "content-type": "application/json; charset=utf-8",
      });
      expect(page.headers["content-length"]).toBe(String(page.body.length));
      expect(page.body.length).toBeLessThan(plain.body.length / 5);
      expect(JSON.parse(page.text)).toEqual(JSON.parse(plain.text));
    }
  });

  it("leaves small pages as they are", async () => {
    const page = await fetchPage(`${exporter.url}/metrics?collect[]=heartbeats`, {
      "Accept-Encoding": "gzip",
    });
    expect(page.headers["content-encoding"]).toBeUndefined();
    expect(page.text).toBe("");
  });
});

describe("Accept of /metrics and /probe", () => {
  it.each([
    ["nothing", undefined, TEXT],
    ["any", "*/*", TEXT],
    ["a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT],
    [
      "Prometheus 2.42",
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      OPENMETRICS,
    ],
    [
      "Prometheus 3",
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      OPENMETRICS,
    ],
    ["Prometheus with text only", "text/plain;version=0.0.4;q=0.6,*/*;q=0.5", TEXT],
    [
      "Prometheus with protobuf",
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      OPENMETRICS,
    ],
    ["OpenMetrics without a version", "application/openmetrics-text", OPENMETRICS],
    ["OpenMetrics of a later version", "application/openmetrics-text; version=2.0.0", TEXT],
    ["OpenMetrics with quotes and capitals", 'Application/OpenMetrics-Text; Version="1.0.0"', OPENMETRICS],
    ["OpenMetrics refused", "application/openmetrics-text;q=0, */*", TEXT],
    ["the text preferred", "application/openmetrics-text;version=1.0.0;q=0.5,text/plain", TEXT],
    ["malformed", ",;=;q=x,", TEXT],
  ])("%s", async (_title, accept, type) => {
    const headers = accept === undefined ? {} : { Accept: accept };
    for (const path of ["/metrics", "/probe?target=target-1"]) {
      const page = await fetchPage(exporter.url + path, headers);
      expect(page.headers["content-type"]).toBe(type);
      expect(page.text.endsWith("\n# EOF\n")).toBe(type === OPENMETRICS);
      expect(page.text.match(/^# EOF$/gm) ?? []).toHaveLength(type === OPENMETRICS ? 1 : 0);
    }
  });

  it("has the same series in both formats, and more only if asked for their creation", async () => {
    // Without the exporter itself: Node.js has more series once something has happened.
    const url = `${exporter.url}/metrics?collect[]=targets`;
    const text = await fetchPage(url);
    const open = await fetchPage(url, { Accept: OPENMETRICS });
    const withoutExemplars = open.text.replaceAll(/ # \{.*$/gm, "").replaceAll(/le="(\d+)\.0"/g, 'le="$1"');
    expect(seriesOf(withoutExemplars)).toEqual(seriesOf(text.text));
    const created = await fetchPage(`${exporter.url}/metrics?created=true`, { Accept: OPENMETRICS });
    expect(created.text).toMatch(
      /^heartbeat_health_checks_created\{target="target-1",module="one",status="success"\} \d/m,
    );
    expect((await fetchPage(`${exporter.url}/metrics?created=true`)).text).not.toContain("_created");
    expect(await fetchPage(`${exporter.url}/metrics?created=yes`)).toMatchObject({
      status: 400,
      text: 'created: got "yes", want true or false\n',
    });
  });

  it("names the last probe of each kind in an exemplar, whose log is at /logs", async () => {
    await fetchPage(`${exporter.url}/metrics`);
    const { text } = await fetchPage(`${exporter.url}/metrics`, { Accept: OPENMETRICS });
    const examples = [
      ...text.matchAll(/^heartbeat_health_checks_total\{target="(.*?)".* # \{trace_id="(\d+)"\} 1 [\d.]+$/gm),
    ];
    // The helper keeps the logs of three probes.
    expect(examples).toHaveLength(3);
    for (const [, , id] of examples) {
      expect((await fetchPage(`${exporter.url}/logs?id=${id}`)).text).toContain("probe succeeded");
    }
    expect(text).toMatch(/_bucket\{.*le="0\.05"\} \d+ # \{trace_id="\d+"\} 0/);
  });
});

describe("HEAD", () => {
  it("of /metrics has the headers of GET, and probes nothing", async () => {
    const { prober, started } = heldProber();
    await using own = await startLocalExporter({ yaml: yamlOf(3, "held"), probers: [prober] });
    const headers = { "Accept-Encoding": "gzip", Accept: OPENMETRICS };
    const page = await fetchPage(`${own.url}/metrics`, headers, "HEAD");
    expect(page).toMatchObject({
      status: 200,
      headers: { "content-type": OPENMETRICS, vary: "Accept, Accept-Encoding" },
    });
    expect(page.body).toHaveLength(0);
    expect(started).toEqual([]);
    expect(await fetchPage(`${own.url}/metrics?collect[]=x`, {}, "HEAD")).toMatchObject({ status: 400 });
  });

  it("of /probe has the length of GET and no body", async () => {
    const page = await fetchPage(`${exporter.url}/probe?target=target-1`, {}, "HEAD");
    const whole = await fetchPage(`${exporter.url}/probe?target=target-1`);
    expect(page.body).toHaveLength(0);
    expect(Math.abs(Number(page.headers["content-length"]) - whole.body.length)).toBeLessThan(50);
  });
});

/** More than a stream keeps and the buffers of a connection hold. */
const MANY = 3_000;

describe("concurrent scrapes", () => {
  it("share one page, also if one client stops reading for so long that it falls behind", async () => {
    const clock = manualClock();
    const yaml = yamlOf(MANY, "instant", "interval");
    await using own = await startLocalExporter({ yaml, probers: [instant], clock });
    // Probes all targets.
    await fetchPage(`${own.url}/metrics`);
    const slow = await open(`${own.url}/metrics`, {}, "GET");
    slow.pause();
    const fast = await fetchPage(`${own.url}/metrics`);
    const compressed = await fetchPage(`${own.url}/metrics`, { "Accept-Encoding": "gzip" });
    clock.advance(seconds(2));
    const late = await fetchPage(`${own.url}/metrics`);
    const slowText = (await buffer(slow)).toString();
    expect(fast.body.length).toBeGreaterThan(10_000_000);
    expect(fast.text.match(/^probe_success\{/gm)).toHaveLength(MANY);
    // The CPU time that the process has used tells pages apart.
    expect(slowText === fast.text).toBe(true);
    expect(compressed.text === fast.text).toBe(true);
    expect(valueOf(late.text, "process_cpu_seconds_total")).toBeGreaterThan(
      valueOf(fast.text, "process_cpu_seconds_total") ?? Number.POSITIVE_INFINITY,
    );
  });

  it("render the page once if forty-eight come at once, and each has what it asked for", async () => {
    const { prober, started } = heldProber();
    await using own = await startLocalExporter({ yaml: yamlOf(1, "held"), probers: [prober] });
    const at = `${own.url}/metrics`;
    const asked = Promise.all([
      Promise.all(Array.from({ length: 40 }, () => fetchPage(at))),
      Promise.all(Array.from({ length: 8 }, () => fetchPage(at, { "Accept-Encoding": "gzip" }))),
      fetchPage(at, { Accept: "application/openmetrics-text" }),
    ]);
    const exporterOnly = await fetchPage(`${at}?collect[]=exporter`);
    await waitUntil("all scrapes", () => (started.length > 0 ? true : undefined));
    for (const probe of started) probe.succeed();
    const [texts, compressed, other] = await asked;
    // The CPU time that the process has used tells pages apart.
    expect(new Set([...texts, ...compressed].map(({ text }) => text)).size).toBe(1);
    expect(other.headers["content-type"]).toBe(OPENMETRICS);
    expect(other.text.endsWith("# EOF\n")).toBe(true);
    expect(exporterOnly.text).not.toContain("probe_success");
  });

  it("do not share if a probe has ended for one of them alone", async () => {
    const { prober, started } = heldProber();
    await using own = await startLocalExporter({ yaml: yamlOf(1, "held"), probers: [prober] });
    const short = fetchPage(`${own.url}/metrics`, { "X-Prometheus-Scrape-Timeout-Seconds": "0.7" });
    const long = fetchPage(`${own.url}/metrics`, { "X-Prometheus-Scrape-Timeout-Seconds": "30" });
    expect(valueOf((await short).text, "probe_success")).toBeUndefined();
    for (const probe of started) probe.succeed();
    expect(valueOf((await long).text, "probe_success")).toBe(1);
  });

  it("do not share if each has probed by itself", async () => {
    const yaml = yamlOf(MANY);
    await using own = await startLocalExporter({ yaml, probers: [instant], clock: manualClock() });
    const slow = await open(`${own.url}/metrics`, {}, "GET");
    slow.pause();
    const counted = async (text: string): Promise<number | undefined> =>
      valueOf(text, "heartbeat_health_checks_total", { target: "target-7", status: "success" });
    expect(await counted((await fetchPage(`${own.url}/metrics`)).text)).toBe(2);
    expect(await counted((await buffer(slow)).toString())).toBe(1);
  });
});

it("stops rendering for a client that goes away, and the next page is whole", async () => {
  await using own = await startLocalExporter({ yaml: yamlOf(MANY), probers: [instant] });
  for (const coding of ["identity", "gzip"]) {
    const response = await open(`${own.url}/metrics`, { "Accept-Encoding": coding }, "GET");
    await once(response, "data");
    response.destroy();
  }
  const { text } = await fetchPage(`${own.url}/metrics`, { "Accept-Encoding": "gzip" });
  expect(text.match(/^probe_success\{/gm)).toHaveLength(MANY);
  expect(own.logged.filter(({ level }) => level === "error")).toEqual([]);
});

describe("a page that fails after its start", () => {
  /** A prober with a value that cannot be rendered, as only a bug makes one. */
  const broken: Prober = {
    ...instant,
    kind: "broken",
    metrics: [gauge("broken_value", "A value that is no number")],
    probe: async () => ({
      outcome: succeeded,
      samples: [{ metric: gauge("broken_value", "A value that is no number"), value: unprintable }],
    }),
  };
  const unprintable = Symbol("no number") as unknown as number;

  /** Sends a request over a connection of its own and returns everything that arrives until its end. */
  const rawAnswer = async (url: string, coding: string): Promise<string> => {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {});
    socket.write(`GET /metrics HTTP/1.1\r\nHost: ${host}\r\nAccept-Encoding: ${coding}\r\n\r\n`);
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
    await once(socket, "close");
    return Buffer.concat(chunks).toString("latin1");
  };

  it.each(["identity", "gzip", "zstd"])(
    "ends without its last chunk, and is logged once, %s",
    async (coding) => {
      await using failing = await startLocalExporter({ yaml: yamlOf(3, "broken"), probers: [broken] });
      const answer = await rawAnswer(failing.url, coding);
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(answer).toContain("Transfer-Encoding: chunked");
      expect(answer.endsWith("0\r\n\r\n")).toBe(false);
      const errors = failing.logged.filter(({ level }) => level === "error");
      expect(errors).toMatchObject([
        {
          message: "a route failed, which is a bug of the exporter",
          fields: { err: expect.any(TypeError), path: "/metrics" },
        },
      ]);
    },
  );
});
