import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { startBlackbox } from "../helpers/blackbox.ts";
import { startExporter } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { type IngressTarget, type ProbeManifest, scrapeConfigOf } from "../helpers/operator.ts";
import { type PrometheusServer, startPrometheus } from "../helpers/prometheus.ts";

const FOLDER = new URL("../../deploy/kubernetes/", import.meta.url);
const read = (path: string): unknown => parse(readFileSync(new URL(path, FOLDER), "utf8"));

/** The Probe of a manifest, for another exporter, by an interval of a second. */
function probeOf(file: string, url: string, name?: string): ProbeManifest {
  const { metadata, spec } = read(`probes/${file}`) as ProbeManifest;
  return {
    metadata: { name: name ?? metadata.name },
    spec: { ...spec, prober: { ...spec.prober, url }, interval: "1s", scrapeTimeout: "1s" },
  };
}

const withStatic = (
  probe: ProbeManifest,
  staticConfig: NonNullable<ProbeManifest["spec"]["targets"]["staticConfig"]>,
): ProbeManifest => ({ ...probe, spec: { ...probe.spec, targets: { staticConfig } } });

const prometheusOf = (...jobs: readonly object[]): Promise<PrometheusServer> =>
  startPrometheus({
    version: "newest",
    config: stringify({ global: { scrape_interval: "1s", scrape_timeout: "1s" }, scrape_configs: jobs }),
  });

/** Returns the names of all series of a target, except those that depend on time. */
async function seriesOf(
  prometheus: PrometheusServer,
  job: string,
  instance: string,
): Promise<readonly string[]> {
  const found = await prometheus.query(`{job=${JSON.stringify(job)}, instance=${JSON.stringify(instance)}}`);
  return found
    .map(({ metric: { job: _job, ...labels } }) =>
      JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => a.localeCompare(b))),
    )
    .toSorted();
}

describe("a Probe of the Prometheus operator", () => {
  it("changes its prober.url and nothing else when it moves here from blackbox_exporter", async () => {
    await using target = await serveHttp((request, response) => {
      response.writeHead(request.url === "/bad" ? 503 : 200).end("fine");
    });
    const config =
      (read("exporter/config-map.yaml") as { data: Record<string, string> }).data["exporter.yml"] ?? "";
    const { modules } = parse(config) as { modules: Record<string, object> };
    const yaml = stringify({ modules: { http_2xx: modules["http_2xx"] } });
    await using ours = await startExporter({ yaml });
    await using theirs = await startBlackbox({ version: "newest", config: yaml });
    const targets = {
      static: [`http://${target.host}/good`, `http://${target.host}/bad`, "http://127.0.0.1:1/"],
      labels: { team: "web" },
    };
    const probes = [ours, theirs].map(({ url }, i) =>
      withStatic(probeOf("probe-static.yaml", new URL(url).host, `probe-${i}`), targets),
    );
    await using prometheus = await prometheusOf(
      ...probes.map((probe) => scrapeConfigOf(probe, "monitoring")),
    );
    await prometheus.queryUntil(
      "min(count_over_time(up[1m])) >= 2 and on() count(up) == 6 and on() sum(up) == 6",
    );

    const verdicts = async (i: number) =>
      (await prometheus.query(`probe_success{job="probe/monitoring/probe-${i}"}`)).map(
        ({ metric, value }) => {
          const { __name__: _name, job: _job, ...labels } = metric;
          return { labels, value };
        },
      );
    const sorted = (list: Awaited<ReturnType<typeof verdicts>>) =>
      list.toSorted((a, b) => (a.labels["instance"] ?? "").localeCompare(b.labels["instance"] ?? ""));
    const here = sorted(await verdicts(0));
    expect(here).toEqual(
      sorted(
        targets.static.map((instance, i) => ({
          labels: { instance, namespace: "monitoring", team: "web" },
          value: i === 0 ? 1 : 0,
        })),
      ),
    );
    expect(sorted(await verdicts(1))).toEqual(here);
    for (const instance of targets.static) {
      const [own, other] = [
        await seriesOf(prometheus, "probe/monitoring/probe-0", instance),
        await seriesOf(prometheus, "probe/monitoring/probe-1", instance),
      ];
      expect(other.length).toBeGreaterThan(8);
      expect(other.filter((series) => !own.includes(series))).toEqual([]);
    }
    for (const scraped of await prometheus.targets()) {
      const { pathname, searchParams } = new URL(scraped.scrapeUrl);
      expect([pathname, searchParams.get("module")]).toEqual(["/probe", "http_2xx"]);
      expect(searchParams.get("target")).toBe(scraped.labels["instance"]);
    }
    expect(prometheus.warnings()).toEqual([]);
  });

  it("probes the paths of ingresses with its label, and of no others", async () => {
    await using target = await serveHttp((request, response) => void response.end(`${request.headers.host}`));
    await using exporter = await startExporter({ yaml: "modules: { http_2xx: { prober: http } }" });
    const ingress = (name: string, path: string, probed: string | undefined): IngressTarget => ({
      address: target.host,
      labels: {
        __meta_kubernetes_namespace: "shop",
        __meta_kubernetes_ingress_name: name,
        __meta_kubernetes_ingress_scheme: "http",
        __meta_kubernetes_ingress_host: target.host,
        __meta_kubernetes_ingress_path: path,
        ...(probed === undefined
          ? {}
          : {
              __meta_kubernetes_ingress_label_heartbeat_exporter_probe: probed,
              __meta_kubernetes_ingress_labelpresent_heartbeat_exporter_probe: "true",
            }),
      },
    });
    const probe = probeOf("probe-ingress.yaml", new URL(exporter.url).host);
    const ingresses = [
      ingress("web", "/", "true"),
      ingress("web", "/api/v1", "true"),
      ingress("off", "/off", "false"),
      ingress("plain", "/plain", undefined),
    ];
    await using prometheus = await prometheusOf(scrapeConfigOf(probe, "monitoring", ingresses));
    const found = await prometheus.queryUntil("probe_success", (result) => result.length === 2);
    expect(found.map(({ metric, value }) => ({ ...metric, value }))).toEqual(
      expect.arrayContaining(
        ["/", "/api/v1"].map((path) => ({
          __name__: "probe_success",
          job: "probe/monitoring/heartbeat-exporter-ingresses",
          instance: `http://${target.host}${path}`,
          namespace: "shop",
          ingress: "web",
          value: 1,
        })),
      ),
    );
    expect(await prometheus.query("up")).toHaveLength(2);
  });

  it("takes the module of each target from a label, and names configured targets, as its page says", async () => {
    await using target = await serveHttp((_request, response) => void response.writeHead(404).end("none"));
    await using exporter = await startExporter({
      yaml: `modules: { http_2xx: { prober: http }, http_404: { prober: http, http: { valid_status_codes: [404] } } }
targets: [{ name: shop, module: http_404, target: "http://${target.host}/shop" }]`,
    });
    const page = readFileSync(new URL("../../docs/prometheus-operator.md", import.meta.url), "utf8");
    const documented = [...page.matchAll(/^```yaml\n([^]*?)^```/gm)]
      .map(([, text = ""]) => parse(text) as ProbeManifest & { readonly kind?: string })
      .filter(({ kind }) => kind === "Probe");
    const byLabel = documented.find(({ spec }) => spec.targets.staticConfig?.relabelingConfigs !== undefined);
    const byName = documented.find(({ spec }) => spec.module === undefined && spec !== byLabel?.spec);
    if (byLabel === undefined || byName === undefined) throw new Error("the page has no such Probe");
    const here = ({ metadata, spec }: ProbeManifest): ProbeManifest => ({
      metadata,
      spec: {
        ...spec,
        prober: { ...spec.prober, url: new URL(exporter.url).host },
        interval: "1s",
        scrapeTimeout: "1s",
      },
    });
    const addresses = {
      ...byLabel.spec.targets.staticConfig,
      static: [`http://${target.host}/a`],
      labels: { module: "http_404" },
    };
    const names = { ...byName.spec.targets.staticConfig, static: ["shop"] };
    await using prometheus = await prometheusOf(
      scrapeConfigOf(withStatic(here(byLabel), addresses), "monitoring"),
      scrapeConfigOf(withStatic(here(byName), names), "monitoring"),
    );
    const found = await prometheus.queryUntil("probe_success == 1", (result) => result.length === 2);
    expect(found.map(({ metric: { instance, module } }) => ({ instance, module }))).toEqual(
      expect.arrayContaining([
        { instance: `http://${target.host}/a`, module: "http_404" },
        { instance: "shop", module: undefined },
      ]),
    );
  });
});
