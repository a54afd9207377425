import { type Running, start, waitUntil } from "./process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { type ToolVersion, tool } from "./tools.ts";

/** One element of an instant vector. */
export interface VectorElement {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A scraped target, as far as tests need what Prometheus' API says about it. */
export interface ScrapedTarget {
  readonly labels: Readonly<Record<string, string>>;
  readonly discoveredLabels: Readonly<Record<string, string>>;
  readonly scrapeUrl: string;
  readonly lastError: string;
  readonly health: "up" | "down" | "unknown";
}

/** Type, help and unit of a metric, as Prometheus read them from a scrape. */
export interface MetricMetadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/** A real Prometheus; `await using` stops it and removes its data. */
export interface PrometheusServer extends AsyncDisposable {
  readonly url: string;
  readonly process: Running;
  /** The folder of its configuration file. */
  readonly folder: string;
  /** Runs an instant query; a scalar comes as one element without labels. */
  query(expression: string): Promise<VectorElement[]>;
  /** Repeats a query until it has a result (that `accept` takes) and returns it; rejects after 60 s. */
  queryUntil(expression: string, accept?: (result: VectorElement[]) => boolean): Promise<VectorElement[]>;
  /** Returns the active targets. */
  targets(): Promise<ScrapedTarget[]>;
  /** Returns the metadata by metric name; there are several entries when targets disagree. */
  metadata(metric?: string): Promise<Record<string, MetricMetadata[]>>;
  /** Returns the `data` of any other API response, e.g. of `api("rules")`; rejects with Prometheus' own error. */
  api(path: string, parameters?: Readonly<Record<string, string>>): Promise<unknown>;
  /** Returns the log lines of level warning or error, except those about its shutdown. */
  warnings(): string[];
}

/** The configuration of a Prometheus. */
export interface PrometheusOptions {
  readonly version: ToolVersion;
  /** The text of `prometheus.yml`. */
  readonly config: string;
  /** Other files beside it, by relative name: rules, service discovery. */
  readonly files?: Readonly<Record<string, string>>;
  /** More command line flags. */
  readonly args?: readonly string[];
}

/** Starts a Prometheus on a free port of the loopback and waits until it is ready. */
export async function startPrometheus(options: PrometheusOptions): Promise<PrometheusServer> {
  await using resources = new AsyncDisposableStack();
  const { argv } = tool("prometheus", options.version);
  const folder = resources.use(await temporaryFolder());
  for (const [name, content] of Object.entries(options.files ?? {})) await folder.write(name, content);
  const config = await folder.write("prometheus.yml", options.config);
  const server = resources.use(
    start([
      ...argv,
      `--config.file=${config}`,
      `--storage.tsdb.path=${folder.path}/data`,
      "--storage.tsdb.retention.time=1d",
      "--web.listen-address=127.0.0.1:0",
      "--web.enable-lifecycle",
      ...(options.args ?? []),
    ]),
  );
  const listening = await server.waitForOutput(/msg="Listening on".*address=(127\.0\.0\.1:\d+)/);
  const url = `http://${listening[1]}`;
  await server.waitForHttp(`${url}/-/ready`);

  const api: PrometheusServer["api"] = async (path, parameters = {}) => {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const answer = (await response.json()) as { status: string; data?: unknown; error?: string };
    if (answer.status !== "success") throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  };
  const query: PrometheusServer["query"] = async (expression) => {
    const data = (await api("query", { query: expression })) as
      | { resultType: "vector"; result: { metric: Record<string, string>; value: [number, string] }[] }
      | { resultType: "scalar"; result: [number, string] };
    return data.resultType === "vector"
      ? data.result.map(({ metric, value }) => ({ metric, value: sampleValue(value[1]) }))
      : [{ metric: {}, value: sampleValue(data.result[1]) }];
  };
  const owned = resources.move();
  return {
    url,
    process: server,
    folder: folder.path,
    query,
    queryUntil: (expression, accept = (result) => result.length > 0) =>
      waitUntil(`a result of ${expression}`, async () => {
        const result = await query(expression);
        return accept(result) ? result : undefined;
      }),
    targets: async () => ((await api("targets")) as { activeTargets: ScrapedTarget[] }).activeTargets,
    metadata: async (metric) =>
      (await api("metadata", metric === undefined ? {} : { metric })) as Record<string, MetricMetadata[]>,
    api,
    warnings: () =>
      server
        .output()
        .split("\n")
        .filter((line) => /\blevel=(warn|error)/i.test(line) && !line.includes("exiting gracefully")),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Parses a sample value; Prometheus writes infinities as Go does. */
function sampleValue(text: string): number {
  return Number(text.replace("Inf", "Infinity"));
}
