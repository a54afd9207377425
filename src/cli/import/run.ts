import { statSync, writeFileSync } from "node:fs";
import type { Document } from "yaml";
import { ConfigError } from "../../config/document/problems.ts";
import { loadConfigText } from "../../config/load.ts";
import { configDeps } from "../load-config.ts";
import { CommandError, codeOf, EXIT, type Shell } from "../shell.ts";
import { createNotes } from "./fields.ts";
import { convert, openImport } from "./formats.ts";
import type { ImportFormat } from "./programs.ts";
import { createSecrets } from "./secrets.ts";

/** The arguments and flags of `heartbeat-exporter config import`. */
export interface ImportFlags {
  readonly file: string;
  readonly from?: ImportFormat;
  readonly targets?: string;
  readonly module: string;
  readonly output?: string;
  readonly overrides?: string;
  readonly secrets?: string;
}

/** Converts another program's configuration and writes the result if it is valid. Resolves to the exit code. */
export async function runImport(flags: ImportFlags, shell: Shell): Promise<number> {
  const { source, format } = openImport(flags.file, flags.from);
  const notes = createNotes(source);
  const secrets = createSecrets(flags.secrets, notes);
  const {
    document,
    overrides,
    flags: exporterFlags = [],
  } = convert(format, { source, notes, secrets }, flags);
  const outputs: [string, string][] = [];
  if (overrides !== undefined && flags.overrides !== undefined)
    outputs.push([flags.overrides, render(overrides, [])]);
  if (overrides !== undefined && flags.overrides === undefined)
    notes.add(["alert_rules"], "not imported: --overrides=FILE writes them for pack --overrides=FILE");
  const list = notes.list();
  const start = startLine(flags.output, exporterFlags);
  const text = render(document, [
    ...(list.length === 0 ? [] : ["Not imported, or changed:", ...list.map((note) => `- ${note}`)]),
    ...start,
  ]);
  for (const note of [...list, ...start]) shell.err(`${note}\n`);
  secrets.write();
  check(text, flags.file, { ...standIns(text), ...shell.env, ...secrets.variables() });
  if (flags.output === undefined) shell.out(text);
  else outputs.push([flags.output, text]);
  for (const [path, content] of outputs) write(path, content, flags.file);
  return EXIT.good;
}

/** Returns the line that says with which flags to start the exporter, if the file had such settings. */
const startLine = (output: string | undefined, flags: readonly string[]): readonly string[] =>
  flags.length === 0
    ? []
    : [`start: heartbeat-exporter --config.file=${output ?? "exporter.yml"} ${flags.join(" ")}`];

function render(document: Document, comments: readonly string[]): string {
  if (comments.length > 0) {
    const comment = comments.map((line) => ` ${line}`).join("\n");
    const before = document.commentBefore;
    document.commentBefore = before === null || before === undefined ? comment : `${comment}\n\n${before}`;
  }
  return document.toString({ lineWidth: 0 });
}

/** Returns values for the variables that the file refers to and that need not be set here. An address fits everywhere. */
const standIns = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Array.from(text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g), ([, name = ""]) => [
      name,
      "http://localhost/x",
    ]),
  );

/** Checks the result. Errors omit lines and columns, which refer to the result and not to the user's file. */
function check(text: string, file: string, env: Shell["env"]): void {
  try {
    loadConfigText(text, file, env, configDeps);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lines = error.problems.map(({ path, got, want }) => `${file}: ${path}: got ${got}, want ${want}`);
    throw new CommandError(lines.join("\n"), "failed", { cause: error });
  }
}

/** Writes the result with the permissions of the original, because both may contain secrets. */
function write(output: string, text: string, original: string): void {
  try {
    writeFileSync(output, text, { mode: statSync(original).mode & 0o777 });
  } catch (error) {
    throw new CommandError(`${output}: cannot be written: ${codeOf(error)}`, "failed", { cause: error });
  }
}
