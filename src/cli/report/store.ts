import type { ReportFacts, Span } from "../../report/build.ts";
import { historyFacts, type ReportTarget } from "../../report/from-history.ts";
import { readHistory } from "../../store/reader.ts";
import { CommandError, loadConfig, type Shell, sourceOf } from "../shell.ts";

/**
 * What the store of an exporter says, be one running on it or not. Rejects with a CommandError when it cannot be read.
 * @param configFile says which targets there are and which are critical; without one the store says which there were
 */
export async function storeFacts(
  path: string,
  configFile: string | undefined,
  window: Span,
  shell: Shell,
): Promise<Pick<ReportFacts, "source" | "services" | "alerts" | "notes">> {
  const configured = sourceOf(configFile, shell.env) !== undefined;
  const targets = configured ? (await loadConfig(configFile, shell)).targets : undefined;
  const known = targets?.map(
    ({ name, module, critical, interval }): ReportTarget => ({
      name,
      module: module.name,
      critical,
      interval,
    }),
  );
  try {
    const facts = await historyFacts(readHistory(path), window, known);
    const note = configured ? [] : ["without --config.file nothing is known to be critical"];
    return { source: `store ${path}`, ...facts, notes: [...facts.notes, ...note] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${path}: got ${reason}, want the store of an exporter`, "failed", {
      cause: error,
    });
  }
}
