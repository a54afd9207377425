/**
 * Draws every panel of every dashboard in every state, with data of a real Prometheus and the texts and colors of Grafana, as
 * `.look/STATE-DASHBOARD.png`: `npm run look`. Needs Chromium on PATH, which is too large to download for each test run.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import putPingOnPath from "../../helpers/ping-on-path.ts";
import { run } from "../../helpers/process.ts";
import { type DashboardJson, type PanelJson, readDashboards } from "../queries.ts";
import { drawnPanel } from "./cells.ts";
import { drawPanel } from "./chart.ts";
import { framesOf, type Moment } from "./frames.ts";
import { reachStates, STATES } from "./states.ts";

const OUT = fileURLToPath(new URL("../../../.look", import.meta.url));
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

putPingOnPath();
await using states = await reachStates();

mkdirSync(OUT, { recursive: true });
for (const state of STATES)
  for (const [name, dashboard] of readDashboards())
    await picture(states.moments[state], state, name, dashboard);

async function picture(moment: Moment, state: string, name: string, dashboard: DashboardJson): Promise<void> {
  const file = `${OUT}/${state.replaceAll(" ", "-")}-${name}`;
  const page = `${file}.html`;
  const { html, height } = await draw(moment, state, dashboard);
  writeFileSync(page, html);
  const chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"];
  const { code, stderr } = await run([
    ...chromium,
    `--user-data-dir=${OUT}/profile`,
    `--window-size=${24 * COLUMN + 20},${height + 60}`,
    `--screenshot=${file}.png`,
    `file://${page}`,
  ]);
  console.log(code === 0 ? `${file}.png` : stderr);
}

async function draw(
  from: Moment,
  state: string,
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
    html: `<style>${STYLE}</style><h1>${dashboard.title}: ${state}</h1>${drawn.join("\n")}`,
    height: bottom * LINE,
  };
}

async function place(
  moment: Moment,
  dashboard: DashboardJson,
  panel: PanelJson,
  top: number,
): Promise<string> {
  const { x, w, h } = panel.gridPos;
  const [width, height] = [w * COLUMN - 8, h * LINE - 8];
  const box = `left:${x * COLUMN}px;top:${top * LINE + 50}px;width:${width}px;height:${height}px`;
  if (panel.type === "row") return `<h2 style="${box}">${panel.title}</h2>`;
  const drawn = await drawnPanel(panel, await framesOf(moment, dashboard, panel), moment.to);
  const canvas = { width: width - 12, height: height - 30, from: moment.from, to: moment.to };
  return `<div class="panel" style="${box}"><h3>${panel.title}</h3>${drawPanel(drawn, canvas)}</div>`;
}
