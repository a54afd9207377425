/**
 * Draws every panel of every dashboard with data of a real Prometheus, as `.look/*.png`, for visual inspection: `npm run
 * look`. Needs Chromium on PATH, which is too large to download for each test run.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createStandIn } from "../../../src/demo/stand-in.ts";
import { startExporter } from "../../helpers/exporter.ts";
import { serveHttp, serveServer } from "../../helpers/http-targets.ts";
import { run } from "../../helpers/process.ts";
import { type PrometheusServer, startPrometheus } from "../../helpers/prometheus.ts";
import { type DashboardJson, interpolate, type PanelJson, readDashboards } from "../queries.ts";
import { drawPanel, type NamedSeries } from "./chart.ts";
import { imagined } from "./imagined.ts";

const OUT = fileURLToPath(new URL("../../../.look", import.meta.url));
const SECONDS = Number(process.argv[2] ?? 90);
const COLUMN = 66;
const LINE = 34;

const STYLE = `
body { background: #111217; color: #d8d9da; font: 12px sans-serif; position: relative; margin: 4px }
.panel { position: absolute; background: #181b1f; border: 1px solid #2c3235; padding: 4px; overflow: hidden; box-sizing: border-box }
h2 { position: absolute; margin: 8px 0; font-size: 15px } h3 { margin: 0 0 4px; font-size: 12px }
svg text { fill: #9fa7b3; font-size: 10px } table { width: 100%; border-spacing: 0 } td, th { text-align: left; padding: 2px 6px }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(110px, 1fr)); gap: 4px; height: 85% }
.tile { border-radius: 3px; padding: 4px; display: flex; flex-direction: column; justify-content: center; align-items: center; color: #fff }
.none { color: #888; text-align: center; margin-top: 8%; font-size: 14px }
`;

const SERVICES = [
  "orchestrator",
  "interpreter",
  "doc_store",
  "prompt_store",
  "analysis_service",
  "llm_gateway",
  "code_analyzer",
  "summarizer",
  "secure_analyzer",
  "discovery",
  "notification",
  "log_collector",
  "source_agent",
  "memory_agent",
  "github_mcp",
  "frontend",
  "bedrock_proxy",
];

const yaml = (web: number, llm: number): string => `
prices: { demo-model: { input: 5, output: 15 } }
modules:
  http_2xx: { prober: http, timeout: 1s, probe_details: true }
  chat: { prober: llm, timeout: 1s, probe_details: true, llm: { api: openai, tiers: { health: { path: /health, interval: 1s } } } }
targets:
${SERVICES.map((name, i) => `  - { name: ${name}, module: http_2xx, target: "http://127.0.0.1:${web}/${name}", interval: 1s, expected_duration: 20ms, critical: ${i < 6} }`).join("\n")}
  - { name: gpt, module: chat, target: "http://127.0.0.1:${llm}/v1", model: demo-model, interval: 1s, expected_duration: 90ms, failover: {}, budget: { tokens: 100000, dollars: 1, per: day } }
`;

/** Chooses the response of a service: two are slow, one is flapping, one is down. */
function answer(path: string): { status: number; delay: number } {
  const ill = path === "/discovery" || (path === "/summarizer" && Date.now() % 30_000 < 12_000);
  return { status: ill ? 503 : 200, delay: path === "/analysis_service" || path === "/frontend" ? 40 : 2 };
}

await using web = await serveHttp((request, response) => {
  const { status, delay } = answer(request.url ?? "");
  setTimeout(() => response.writeHead(status).end("{}"), delay);
});
await using llm = await serveServer(createStandIn());
await using pretender = await serveHttp((_request, response) => {
  response.writeHead(200, { "Content-Type": "text/plain; version=0.0.4" }).end(imagined(Date.now() / 1000));
});
await using exporter = await startExporter({ yaml: yaml(web.port, llm.port) });
await using prometheus = await startPrometheus({
  version: "newest",
  config: `
global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 5s }
rule_files: ["${fileURLToPath(new URL("../../../rules", import.meta.url))}/*.rules.yml"]
scrape_configs:
  - job_name: heartbeat
    static_configs: [{ targets: ["${new URL(exporter.url).host}", "${pretender.host}"] }]
`,
});
console.log(`watching for ${SECONDS} s`);
await pause(SECONDS * 1000);

mkdirSync(OUT, { recursive: true });
for (const [name, dashboard] of readDashboards()) {
  const page = `${OUT}/${name}.html`;
  const { html, height } = await draw(prometheus, dashboard);
  writeFileSync(page, html);
  const chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"];
  const { code, stderr } = await run([
    ...chromium,
    `--user-data-dir=${OUT}/profile`,
    `--window-size=${24 * COLUMN + 20},${height + 60}`,
    `--screenshot=${OUT}/${name}.png`,
    `file://${page}`,
  ]);
  console.log(code === 0 ? `${OUT}/${name}.png` : stderr);
}

async function draw(
  from: PrometheusServer,
  dashboard: DashboardJson,
): Promise<{ html: string; height: number }> {
  const drawn: string[] = [];
  let shift = 0;
  let bottom = 0;
  for (const panel of dashboard.panels) {
    const top = panel.gridPos.y + shift;
    drawn.push(await place(from, dashboard, panel, top));
    bottom = Math.max(bottom, top + panel.gridPos.h);
    // Collapsed rows are drawn expanded.
    const inner = panel.panels ?? [];
    for (const one of inner) drawn.push(await place(from, dashboard, one, one.gridPos.y + shift));
    if (inner.length === 0) continue;
    const end = Math.max(...inner.map(({ gridPos }) => gridPos.y + gridPos.h)) + shift;
    shift += end - (panel.gridPos.y + shift + 1);
    bottom = end;
  }
  return {
    html: `<style>${STYLE}</style><h1>${dashboard.title}</h1>${drawn.join("\n")}`,
    height: bottom * LINE,
  };
}

async function place(
  from: PrometheusServer,
  dashboard: DashboardJson,
  panel: PanelJson,
  top: number,
): Promise<string> {
  const { x, w, h } = panel.gridPos;
  const [width, height] = [w * COLUMN - 8, h * LINE - 8];
  const box = `left:${x * COLUMN}px;top:${top * LINE + 50}px;width:${width}px;height:${height}px`;
  if (panel.type === "row") return `<h2 style="${box}">${panel.title}</h2>`;
  const series = await seriesOf(from, dashboard, panel);
  return `<div class="panel" style="${box}"><h3>${panel.title}</h3>${drawPanel(panel, series, width - 12, height - 30)}</div>`;
}

async function seriesOf(
  from: PrometheusServer,
  dashboard: DashboardJson,
  panel: PanelJson,
): Promise<NamedSeries[]> {
  const now = Math.floor(Date.now() / 1000);
  const found: NamedSeries[] = [];
  for (const { expr, refId, legendFormat, instant = false } of panel.targets ?? []) {
    const query = interpolate(expr, dashboard).replaceAll("[61s]", "[10s]");
    const range = { start: String(now - SECONDS), end: String(now), step: "1" };
    const data = (await from.api(instant ? "query" : "query_range", {
      query,
      ...(instant ? {} : range),
    })) as {
      result: { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] }[];
    };
    for (const { metric, value, values = value === undefined ? [] : [value] } of data.result) {
      const name = legendFormat
        .replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? "")
        .trim();
      const points = values.map(([at, text]) => [at, Number(text.replace("Inf", "Infinity"))] as const);
      found.push({ name, labels: metric, refId, points });
    }
  }
  return found;
}
