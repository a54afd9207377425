import { writeFile } from "node:fs/promises";
import { after, seconds } from "../../core/units.ts";
import { buildReport, type Span } from "../../report/build.ts";
import { type Report, reportSchema } from "../../report/document.ts";
import { reportHtml } from "../../report/html.ts";
import { reportMarkdown, reportText } from "../../report/text.ts";
import { createRemote } from "../remote.ts";
import type { ReportFlags } from "../report.ts";
import { CommandError, codeOf, EXIT, type Shell } from "../shell.ts";
import { textTable } from "../table.ts";
import { prometheusFacts } from "./prometheus.ts";
import { storeFacts } from "./store.ts";

/** Makes a report and prints it, or writes it to a file. */
export async function runReport(flags: ReportFlags, shell: Shell): Promise<number> {
  shell.progress("making the report");
  const report = await makeReport(flags, shell);
  shell.progress("");
  const text = rendered(report, flags.format);
  const { output } = flags;
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
      // The schema is that of a report.
      return (await createRemote(source.url, remote).ask(path, reportSchema)) as Report;
    }
    case "store": {
      const facts = await storeFacts(source.path, flags.configFile, window, shell);
      return buildReport({ ...facts, window, generatedAt: now, objectives });
    }
    case "prometheus": {
      const asked = createRemote(source.url, remote);
      const facts = await prometheusFacts(asked, source.selector, window);
      return buildReport({ ...facts, window, generatedAt: now, objectives });
    }
  }
}

function rendered(report: Report, format: ReportFlags["format"]): string {
  switch (format) {
    case "text":
      return reportText(report, textTable);
    case "json":
      return `${JSON.stringify(report, null, 2)}\n`;
    case "markdown":
      return reportMarkdown(report);
    case "html":
      return reportHtml(report);
  }
}
