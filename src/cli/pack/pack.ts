import { Command, InvalidArgumentError } from "commander";
import type { Environment } from "../../config/document/convert.ts";
import { alternatives } from "../../config/document/describe.ts";
import { ConfigError } from "../../config/document/problems.ts";
import { defined } from "../../core/defined.ts";
import { EXIT, type Shell, withUsageExit } from "../shell.ts";
import { PARTS, type PackPart, packFiles } from "./files.ts";
import { type FileChange, PackError, writePack } from "./write.ts";

/** What `heartbeat-exporter pack` was told. */
export interface PackFlags {
  readonly out: string;
  readonly overrides?: string;
  readonly parts: readonly PackPart[];
  readonly force: boolean;
}

const HELP = `
Files that were changed since they were written are not overwritten; nothing is written then, unless --force is given.
Files of an earlier version that are no more are removed.

An overrides file says what is to be different about alerts, by their names, and survives updates:

  runbook_url: https://wiki.example.com/runbooks
  labels: { team: platform }
  alerts:
    HeartbeatModelUnavailable: { for: 5m, severity: warning, labels: { team: ai } }
    HeartbeatLatencyAboveBaseline: { disable: true }

Exit code: 0, or 1 when nothing was written, or 2 when it could not be understood.

Examples:
  heartbeat-exporter pack --out /etc/prometheus/heartbeat
  heartbeat-exporter pack --out ./monitoring --overrides overrides.yml --only rules
`;

/** The subcommand. Its flags are its own, so they stand after its name. */
export const packCommand = (run: (flags: PackFlags) => void): Command =>
  withUsageExit(new Command("pack"))
    .description(
      "write Prometheus rules, Alertmanager configuration and Grafana dashboards to a folder, and exit",
    )
    .requiredOption("--out <folder>", "where to write; made when it is not there")
    .option("--overrides <path>", "what is to be different about the alerts, in YAML")
    .option(
      "--only <part>",
      `write this part only, ${alternatives(PARTS)}; may be given several times`,
      (text: string, before: readonly PackPart[] | undefined) => [...(before ?? []), part(text)],
    )
    .option("--force", "overwrite also what was changed by hand")
    .addHelpText("after", HELP)
    .action((_options, command: Command) => {
      const given = command.opts<{
        out: string;
        overrides?: string;
        only?: readonly PackPart[];
        force?: true;
      }>();
      run({
        out: given.out,
        ...defined({ overrides: given.overrides }),
        parts: PARTS.filter((one) => given.only?.includes(one) ?? true),
        force: given.force ?? false,
      });
    });

function part(text: string): PackPart {
  const found = PARTS.find((one) => one === text);
  if (found === undefined) throw new InvalidArgumentError(`got "${text}", want ${alternatives(PARTS)}`);
  return found;
}

/** Writes the pack. @returns what to say, and whether it went well */
export function pack(flags: PackFlags, env: Environment): { readonly ok: boolean; readonly text: string } {
  try {
    const files = packFiles(flags.parts, flags.overrides, env);
    const outcome = writePack(flags.out, files, flags.parts, flags.force);
    if (outcome.kind === "written") return { ok: true, text: said(flags.out, outcome.steps) };
    const list = outcome.paths.map((path) => `  ${flags.out}/${path}\n`).join("");
    return {
      ok: false,
      text: `nothing was written: these files were changed by hand, or are not of a pack; --force overwrites them\n${list}`,
    };
  } catch (error) {
    if (error instanceof ConfigError || error instanceof PackError)
      return { ok: false, text: `${error.message}\n` };
    throw error;
  }
}

/** Writes the pack and says so. @returns the exit code */
export function printPack(flags: PackFlags, shell: Shell): number {
  const { ok, text } = pack(flags, shell.env);
  if (ok) shell.out(text);
  else shell.err(text);
  return ok ? EXIT.good : EXIT.failed;
}

function said(folder: string, steps: ReadonlyMap<string, FileChange>): string {
  const lines = [...steps].map(([path, step]) => `${step.padEnd(9)}  ${folder}/${path}\n`);
  const changed = [...steps.values()].filter((step) => step !== "unchanged").length;
  return `${lines.join("")}${steps.size} files, ${changed === 0 ? "none changed" : `${changed} changed`}\n`;
}
