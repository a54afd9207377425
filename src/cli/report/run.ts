import { writeFile } from "node:fs/promises";
import { after, type Seconds, seconds } from "../../core/units.ts";
import { buildReport, type Objectives } from "../../report/build.ts";
import { type Report, reportSchema } from "../../report/document.ts";
import { reportHtml } from "../../report/html.ts";
import type { Span } from "../../report/span.ts";
import { reportMarkdown, reportText } from "../../report/text.ts";
import type { Tone } from "../../report/tones.ts";
import { createRemote } from "../remote.ts";
import type { RemoteFlags } from "../remote-flags.ts";
import { CommandError, codeOf, EXIT, type Shell } from "../shell.ts";
import { textTable } from "../table.ts";
import { prometheusFacts } from "./prometheus.ts";
import { storeFacts } from "./store.ts";

/** The source of a report's facts. */
export type ReportSource =
  | { readonly kind: "store"; readonly path: string }
  | { readonly kind: "exporter"; readonly url: URL }
  | { readonly kind: "prometheus"; readonly url: URL; readonly selector: string };

/** The flags of `heartbeat-exporter report`. */
export interface ReportFlags {
  readonly source: ReportSource;
  readonly remote: RemoteFlags;
  readonly configFile?: string;
  readonly window: Seconds;
  readonly format: "text" | "json" | "markdown" | "html";
  readonly color: "auto" | "always" | "never";
  readonly output?: string;
  readonly objectives: Objectives;
}

/** Makes a report and prints it or writes it to a file. Resolves to the exit code. */
export async function runReport(flags: ReportFlags, shell: Shell): Promise<number> {
  shell.progress("making the report");
  const report = await makeReport(flags, shell);
  shell.progress("");
  const { output, color } = flags;
  const isColoured = color === "always" || (color === "auto" && shell.colours && output === undefined);
  const text = renderReport(report, flags.format, isColoured);
  if (output === undefined) shell.out(text);
  else
    await writeFile(output, text).catch((error: unknown) => {
      throw new CommandError(`${output}: cannot be written: ${codeOf(error)}`, "failed", { cause: error });
    });
  return EXIT.good;
}

async function makeReport(flags: ReportFlags, shell: Shell): Promise<Report> {
  const { source, remote, objectives } = flags;
  const now = shell.clock.now();
  const window: Span = { from: after(now, seconds(-flags.window)), to: now };
  switch (source.kind) {
    case "exporter": {
      const query = new URLSearchParams({
        window: `${Math.round(flags.window * 1000)}ms`,
        availability: String(objectives.availability),
        response_time: `${Math.round(objectives.p95 * 1000)}ms`,
        mttr: `${Math.round(objectives.mttr * 1000)}ms`,
      });
      const path = `api/v1/report?${query.toString()}`;
      // The answer was validated by the schema of a report.
      return (await createRemote(source.url, remote).ask(path, reportSchema)) as Report;
    }
    case "store": {
      const facts = await storeFacts(source.path, flags.configFile, window, shell);
      return buildReport({ ...facts, window, generatedAt: now, objectives });
    }
    case "prometheus": {
      const facts = await prometheusFacts(createRemote(source.url, remote), source.selector, window);
      return buildReport({ ...facts, window, generatedAt: now, objectives });
    }
  }
}

/** The colours of a terminal, by number of "select graphic rendition". */
const COLOURS: Readonly<Record<Tone, number>> = { good: 32, bad: 31, unsure: 33 };

const paint = (tone: Tone, text: string): string => `\u001b[${COLOURS[tone]}m${text}\u001b[39m`;

function renderReport(report: Report, format: ReportFlags["format"], isColoured: boolean): string {
  switch (format) {
    case "text":
      return reportText(report, textTable, isColoured ? paint : undefined);
    case "json":
      return `${JSON.stringify(report, null, 2)}\n`;
    case "markdown":
      return reportMarkdown(report);
    case "html":
      return reportHtml(report);
  }
}
