import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Seconds, seconds, toMilliseconds } from "../../src/core/units.ts";
import type { Report } from "../../src/report/document.ts";
import { type ExporterProcess, runMain, startExporter } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { type PrometheusServer, startPrometheus } from "../helpers/prometheus.ts";

const SCRAPE = seconds(1);

/** Only the trigger probes: for scrapes, results stay fresh for an hour. */
const exporterYaml = (host: string, token: string) => `
modules: { http_2xx: { prober: http, timeout: 10s, min_interval: 1h } }
control: { token_file: ${token} }
targets:
  - { name: one, module: http_2xx, target: "http://${host}/one", critical: true, failure_threshold: 3, healthy_threshold: 2, histograms: [duration] }
  - { name: two, module: http_2xx, target: "http://${host}/two" }
`;

const prometheusYaml = ({ url }: ExporterProcess) => `
global: { scrape_interval: ${SCRAPE}s, scrape_timeout: ${SCRAPE}s, evaluation_interval: ${SCRAPE}s }
rule_files: [rules.yml]
scrape_configs: [{ job_name: heartbeat, static_configs: [{ targets: ["${new URL(url).host}"] }] }]
`;

const RULES = `
groups:
  - name: test
    rules:
      - alert: HeartbeatTargetUnhealthy
        expr: heartbeat_target_healthy == 0
        labels: { severity: critical }
      - alert: SomethingElse
        expr: vector(1)
`;

async function report(...args: readonly string[]): Promise<Report> {
  await using run = runMain(["report", "--format=json", ...args]);
  const { code } = await run.exited;
  expect({ code, stderr: run.stderr() }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(run.stdout()) as Report;
}

/** A stretch of time in which nothing happened, in milliseconds since the epoch. */
interface Pause {
  readonly from: number;
  readonly to: number;
}

/** Reports on the time from a pause on. A window counts back from a moment that comes after the start of the command. */
async function reportSince(pause: Pause, ...args: readonly string[]): Promise<Report> {
  const wanted = (pause.from + pause.to) / 2;
  let start = 0;
  for (let i = 0; i < 20; i += 1) {
    const found = await report(...args, `--window=${Math.round(Date.now() + start - wanted)}ms`);
    const from = Date.parse(found.window.from);
    if (from > pause.from && from < pause.to - 1000) return found;
    start += from - wanted;
  }
  throw new Error("no report began in the pause");
}

/** Waits until Prometheus has scraped so many times more. */
async function scrapes(prometheus: PrometheusServer, count: number): Promise<void> {
  const now = (await prometheus.query("time()"))[0]?.value ?? Number.NaN;
  await prometheus.queryUntil(`timestamp(up) >= ${now + count * SCRAPE}`);
}

describe.each(["bookworm", "newest"] as const)("reports, with a real Prometheus (%s)", (version) => {
  test("agree between the history of an exporter and a Prometheus that scraped it", async () => {
    let answer = { status: 200, after: seconds(0) };
    await using server = await serveHttp(async (request, response) => {
      if (request.url === "/one") await sleep(toMilliseconds(answer.after));
      response.writeHead(request.url === "/one" ? answer.status : 200).end();
    });
    await using exporter = await startExporter({
      yaml: exporterYaml(server.host, "token"),
      files: { token: "by-hand" },
    });
    await using prometheus = await startPrometheus({
      version,
      config: prometheusYaml(exporter),
      files: { "rules.yml": RULES },
    });
    const probe = async (times: number, status: number, after: Seconds = seconds(0)): Promise<void> => {
      answer = { status, after };
      for (let i = 0; i < times; i += 1) {
        const response = await fetch(`${exporter.url}/heartbeat/trigger?target=one`, {
          method: "POST",
          headers: { Authorization: "Bearer by-hand" },
        });
        expect(response.status).toBe(200);
      }
    };

    // Before the window, because increase() misses the growth of a new counter from zero.
    await probe(15, 500);
    await probe(15, 200, seconds(0.1));
    await scrapes(prometheus, 2);
    const from = Date.now();
    await scrapes(prometheus, 4);
    const pause = { from, to: Date.now() };
    await probe(12, 200, seconds(0.03));
    await probe(3, 503);
    await scrapes(prometheus, 3);
    await probe(6, 200);
    await probe(4, 200, seconds(0.2));
    // A rule is evaluated some time after its scrape, and the end of an alert appears one step later.
    await prometheus.queryUntil('absent(ALERTS{alertstate="firing", target="one"})');
    await scrapes(prometheus, 3);

    const [own, asked] = await Promise.all([
      reportSince(pause, `--url=${exporter.url}`),
      reportSince(pause, `--prometheus.url=${prometheus.url}`, '--prometheus.selector={job="heartbeat"}'),
    ]);
    const [mine, theirs] = [own.services[0], asked.services[0]];
    expect(mine).toMatchObject({
      service_name: "one",
      critical: true,
      current_status: "healthy",
      uptime_percentage: 88,
    });
    expect(theirs?.uptime_percentage).toBeCloseTo(88, 9);
    expect({ ...theirs, uptime_percentage: 88 }).toEqual(mine);
    expect(asked.services.map(({ service_name }) => service_name)).toEqual(["one", "two"]);
    expect(asked.services[1]?.current_status).toBe(own.services[1]?.current_status);

    // The same by a handwritten query, at the same moment.
    const range = `[${Math.round(asked.window.seconds * 1000)}ms] @ ${Date.parse(asked.window.to) / 1000}`;
    const probes = `increase(heartbeat_health_checks_total{target="one"}${range})`;
    const [share] = await prometheus.query(
      `sum(${probes.replace("}", ',status="success"}')}) / sum(${probes}) * 100`,
    );
    expect(theirs?.uptime_percentage).toBeCloseTo(share?.value ?? Number.NaN, 9);

    const [times, estimated] = [own.response_times[0], asked.response_times[0]];
    expect(times).toMatchObject({ checks_count: 25 });
    expect(estimated?.checks_count).toBeGreaterThan(22);
    // increase() extrapolates to both ends of the window, each by at most 1.1 times the mean interval of the scrapes.
    const { seconds: window } = asked.window;
    expect(estimated?.checks_count).toBeLessThanOrEqual(Math.ceil((25 * window) / (window - 2.2 * SCRAPE)));
    expect(estimated?.avg_response_time).toBeCloseTo(times?.avg_response_time ?? 0, 6);
    // The 95th percentile is exact in the history, and within the bucket in a histogram.
    expect(times?.p95_response_time).toBeGreaterThan(0.2);
    expect(estimated?.p95_response_time).toBeGreaterThan(0.1);
    expect(estimated?.p95_response_time).toBeLessThan(0.5);
    expect(estimated?.max_response_time).toBeLessThanOrEqual((times?.max_response_time ?? 0) + 1e-6);

    const [mttr, sampled] = [own, asked].map(({ slos }) =>
      slos.find((one) => one.service_name === "one" && one.metric === "mttr"),
    );
    expect(mttr).toMatchObject({ met: true });
    expect(Math.abs((mttr?.measured ?? 0) - (sampled?.measured ?? 0))).toBeLessThanOrEqual(2 * SCRAPE);

    expect(own.alerts).toMatchObject([{ alert_type: "critical_service_down", service_name: "one" }]);
    expect(asked.alerts).toMatchObject([
      { alert_type: "HeartbeatTargetUnhealthy", service_name: "one", severity: "critical" },
    ]);
    expect(asked.alerts[0]?.message).toMatch(/active since 20/);
    for (const { resolved_at } of [...own.alerts, ...asked.alerts]) expect(resolved_at).toMatch(/^20/);
    expect(asked.alerts.length + own.alerts.length).toBe(2);
    // Without a histogram the numbers come from the scraped duration of the only probe.
    const scraped = asked.response_times[1];
    expect(scraped?.avg_response_time).toBeGreaterThan(0);
    expect(scraped).toMatchObject({
      avg_response_time: scraped?.max_response_time,
      p95_response_time: scraped?.max_response_time,
    });
    expect(asked.notes.join("\n")).toContain("estimated from it (histogram_quantile)");
    expect(prometheus.warnings()).toEqual([]);
  });
});
