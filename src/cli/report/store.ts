import type { ReportFacts } from "../../report/build.ts";
import { historyFacts, type ReportTarget } from "../../report/from-history.ts";
import type { Span } from "../../report/span.ts";
import { readHistory } from "../../store/reader.ts";
import { loadConfig, sourceOf } from "../load-config.ts";
import { CommandError, type Shell } from "../shell.ts";
import { storedBeats, storedComponents } from "./store-reporters.ts";

/**
 * Reads the facts of a report from an exporter's store, whether or not an exporter is using it.
 * @param configFile configuration with the targets and which of them are critical; without it, every target in the store
 *   counts as not critical
 * @returns rejects with CommandError if the store cannot be read
 */
export async function storeFacts(
  path: string,
  configFile: string | undefined,
  window: Span,
  shell: Shell,
): Promise<Pick<ReportFacts, "source" | "services" | "heartbeats" | "components" | "alerts" | "notes">> {
  const configured = sourceOf(configFile, shell.env) !== undefined;
  const config = configured ? await loadConfig(configFile, shell) : undefined;
  const reportTargets = config?.targets.map(
    ({ name, module, critical, interval }): ReportTarget => ({
      name,
      module: module.name,
      critical,
      interval,
    }),
  );
  try {
    const beats = storedBeats(path, config, window.to);
    const facts = await historyFacts(readHistory(path), window, reportTargets, beats);
    const components = storedComponents(path, window.to);
    const notes = [
      ...facts.notes,
      "heartbeats of logs and leases are listed only by a running exporter and by Prometheus; their targets are services",
      ...(configured ? [] : ["without --config.file, no target and no heartbeat counts as critical"]),
    ];
    return { source: `store ${path}`, ...facts, components, notes };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${path}: got ${reason}, want the store of an exporter`, "failed", {
      cause: error,
    });
  }
}
