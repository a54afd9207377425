import type { DataFrame, Field } from "@grafana/data";
import { bandLook, bandValues, type Cell, type DrawnPanel } from "./cells.ts";
import { grafana } from "./grafana.ts";
import { heatmap, lines } from "./graph.ts";
import { type Canvas, escape } from "./html.ts";

/** Draws a panel as HTML. Texts and colors are Grafana's; shapes resemble it. */
export function drawPanel(drawn: DrawnPanel, canvas: Canvas): string {
  const { panel, cells, message } = drawn;
  if (message !== undefined) return `<div class="none">${escape(message)}</div>`;
  switch (panel.type) {
    case "stat":
    case "gauge":
      return tiles(drawn);
    case "bargauge":
      return bars(cells);
    case "table":
      return table(cells);
    case "state-timeline":
      return bands(drawn, canvas);
    case "heatmap":
      return heatmap(drawn, canvas);
    case "text":
      return `<div class="text">${escape(panel.options?.content ?? "")}</div>`;
    default:
      return lines(drawn, canvas);
  }
}

function tiles({ panel, cells }: DrawnPanel): string {
  const { textMode = "auto", colorMode = "value" } = panel.options ?? {};
  const named =
    textMode === "value_and_name" || textMode === "name" || (textMode === "auto" && cells.length > 1);
  const drawn = cells.map(({ row, text, color }) => {
    const style = colorMode.startsWith("background") ? `background:${color}` : `color:${color}`;
    const value = textMode === "name" ? "" : `<b>${escape(text)}</b>`;
    return `<div class="tile" style="${style}">${named ? `<small>${escape(row)}</small>` : ""}${value}</div>`;
  });
  return `<div class="tiles">${drawn.join("")}</div>`;
}

function bars(cells: readonly Cell[]): string {
  const top = Math.max(...cells.map(({ value }) => value), 1e-9);
  const rows = cells.map(({ row, text, color, value }) => {
    const share = Math.max(0, Math.min(1, value / top)) * 100;
    const bar = `<div style="background:${color};width:${share}%;height:14px"></div>`;
    return `<tr><td>${escape(row)}</td><td style="width:60%">${bar}</td><td style="color:${color}">${escape(text)}</td></tr>`;
  });
  return `<table>${rows.join("")}</table>`;
}

function table(cells: readonly Cell[]): string {
  const columns = [...new Set(cells.map(({ column }) => column))];
  const rows = Array.from({ length: cells.length / columns.length }, (_, row) =>
    columns.map((_column, i) => cells[i * (cells.length / columns.length) + row]),
  );
  const head = columns.map((column) => `<th>${escape(column)}</th>`).join("");
  const body = rows.map((row) => {
    const drawn = row.map((cell) => `<td style="color:${cell?.color}">${escape(cell?.text ?? "")}</td>`);
    return `<tr>${drawn.join("")}</tr>`;
  });
  return `<table><tr>${head}</tr>${body.join("")}</table>`;
}

/** The width of the names to the left of bands. */
const NAMES = 170;

function bands({ panel, frames }: DrawnPanel, { width, height, from, to }: Canvas): string {
  const fields = frames.flatMap((frame) => frame.fields.slice(1).map((field) => ({ frame, field })));
  const rowHeight = Math.min(26, (height - 24) / fields.length);
  const step = (width - NAMES) / (to - from + 1);
  const rows = fields.map(({ frame, field }, i) => {
    const y = 2 + i * rowHeight;
    const look = bandLook(panel, field);
    const rects = bandValues(frame, field, from, to).map((value, n) => {
      const x = NAMES + n * step;
      return `<rect x="${x.toFixed(1)}" y="${y}" width="${(step + 0.4).toFixed(1)}" height="${rowHeight * 0.8}" fill="${look(value).color}"/>`;
    });
    return `<text x="2" y="${y + rowHeight * 0.6}">${escape(nameOf(field, frame).slice(0, 28))}</text>${rects.join("")}`;
  });
  return `<svg width="${width}" height="${height}">${rows.join("")}${bandLegend(fields, panel, from, to, height)}</svg>`;
}

/** Draws the texts of the values that occur, in their colors. */
function bandLegend(
  fields: readonly { frame: DataFrame; field: Field }[],
  panel: DrawnPanel["panel"],
  from: number,
  to: number,
  height: number,
): string {
  const texts = new Map<string, string>();
  for (const { frame, field } of fields) {
    const look = bandLook(panel, field);
    for (const value of bandValues(frame, field, from, to)) {
      const { text, color = "" } = look(value);
      if (text !== "") texts.set(text, color);
    }
  }
  const drawn = [...texts].map(
    ([text, color], i) =>
      `<text x="${4 + i * 110}" y="${height - 6}" style="fill:${color}">${escape(text)}</text>`,
  );
  return drawn.join("");
}

const nameOf = (field: Field, frame: DataFrame): string => grafana.getFieldDisplayName(field, frame);
