import { dashboards } from "../../dashboards/source/index.ts";
import { OLDEST_GRAFANA } from "../../src/cli/pack/grafana.ts";

interface Panel {
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly panels?: readonly Panel[];
}

/** Returns the description page of each dashboard, for grafana.com, by path. */
export const dashboardPages = (): Readonly<Record<string, () => string>> =>
  Object.fromEntries(
    Object.entries(dashboards).map(([name, dashboard]) => [
      `docs/dashboards/${name}.md`,
      () => page(name, dashboard),
    ]),
  );

const page = (
  name: string,
  {
    title = "",
    description = "",
    panels = [],
  }: { title?: string; description?: string; panels?: readonly Panel[] },
): string => `# ${title}

Generated from [dashboards/source](../../dashboards/source/) by \`npm run generate\`; the text of the dashboard's page on grafana.com.

${description}

<!-- Place of the screenshot: docs/dashboards/${name}.png, 1600 x 1000 pixels, taken in Grafana. -->

Needs Grafana ${OLDEST_GRAFANA} or newer, and a Prometheus data source that scrapes
[heartbeat-exporter](https://example.com/heartbeat-exporter). For import by hand, \`heartbeat-exporter pack --out DIR --only dashboards
--grafana=import\` writes \`DIR/dashboards/${name}.json\`.
${panels.map((panel) => (panel.type === "row" ? row(panel) : line(panel))).join("")}`;

const row = ({ title = "", panels = [] }: Panel): string =>
  `\n## ${title}\n\n| panel | shows |\n|---|---|\n${panels.map(line).join("")}`;

const line = ({ title = "", description = "", type }: Panel): string =>
  type === "text" ? "" : `| ${cell(title)} | ${cell(description)} |\n`;

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ").trim();
