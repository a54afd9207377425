/**
 * Writes all generated files (pages, dashboards, manifests): `node scripts/generate.ts`. With `--check` it writes nothing,
 * and fails if a file is out of date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { editorSchemaText } from "../src/config/editor-schema.ts";
import { probers } from "../src/probers/index.ts";
import { alertRules } from "./generate/alert-rules.ts";
import { arrowRules, contributingPage } from "./generate/arrows.ts";
import { chartFiles } from "./generate/chart.ts";
import { commandLinePage } from "./generate/command-line-page.ts";
import { configurationPage } from "./generate/configuration-page.ts";
import { dashboardPages } from "./generate/dashboard-pages.ts";
import { dashboardFiles } from "./generate/dashboards.ts";
import { grafanaAlertingFiles } from "./generate/grafana-alerting.ts";
import { kubernetesFiles } from "./generate/kubernetes.ts";
import { manPage } from "./generate/man-page.ts";
import { metricsPage } from "./generate/metrics-page.ts";
import { modelSchemas } from "./generate/model-schemas.ts";
import { packagesPage } from "./generate/packages-page.ts";
import { runbooksPage } from "./generate/runbooks-page.ts";
import { versionModule } from "./generate/version.ts";

const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  ".oxlintrc.arrows.json": arrowRules,
  "CONTRIBUTING.md": contributingPage,
  "deploy/man/heartbeat-exporter.1": manPage,
  "docs/command-line.md": commandLinePage,
  "docs/configuration.md": configurationPage,
  "docs/metrics.md": metricsPage,
  "docs/packages.md": packagesPage,
  "docs/public/icon.svg": () =>
    readFileSync(new URL("../src/page/ui/style/icon.svg", import.meta.url), "utf8"),
  "docs/runbooks.md": runbooksPage,
  "schema/exporter.schema.json": () => editorSchemaText(probers),
  "src/core/version.ts": versionModule,
  "src/page/alert-rules.ts": alertRules,
  "src/server/openapi/model-schemas.ts": modelSchemas,
  ...chartFiles(),
  ...dashboardFiles(),
  ...dashboardPages(),
  ...grafanaAlertingFiles(),
  ...kubernetesFiles(),
};

const check = process.argv.includes("--check");
const stale: string[] = [];
for (const [path, page] of Object.entries(PAGES)) {
  const file = new URL(`../${path}`, import.meta.url);
  const wanted = await page();
  if (readOrEmpty(file) === wanted) continue;
  if (!check) writeFileSync(file, wanted);
  stale.push(path);
}

for (const path of stale) {
  console.log(check ? `${path} is out of date: run npm run generate` : `wrote ${path}`);
}
if (check && stale.length > 0) process.exitCode = 1;

function readOrEmpty(file: URL): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
