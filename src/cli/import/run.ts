import { statSync, writeFileSync } from "node:fs";
import type { FromSchema } from "json-schema-to-ts";
import { type Document, parseDocument } from "yaml";
import { ConfigError } from "../../config/document/problems.ts";
import { createValidator } from "../../config/document/validate.ts";
import { loadConfigText } from "../../config/load.ts";
import { probers } from "../../probers/index.ts";
import { configDeps } from "../load-config.ts";
import { CommandError, codeOf, EXIT, readTextFile, type Shell } from "../shell.ts";
import { importBlackbox, targetsSchema } from "./blackbox.ts";
import { ecosystemSchema, importEcosystem } from "./ecosystem.ts";
import type { ImportResult } from "./names.ts";

/** The arguments and flags of `heartbeat-exporter config import`. */
export interface ImportFlags {
  readonly file: string;
  readonly targets?: string;
  readonly module: string;
  readonly output?: string;
}

/** Converts another program's configuration and writes the result if it is valid. Resolves to the exit code. */
export async function runImport(flags: ImportFlags, shell: Shell): Promise<number> {
  const { document, notes } = importFile(flags);
  if (notes.length > 0) {
    const comment = [" Not imported, or changed:", ...notes.map((note) => ` - ${note}`)].join("\n");
    const before = document.commentBefore;
    document.commentBefore = before === null || before === undefined ? comment : `${comment}\n\n${before}`;
  }
  const text = document.toString({ lineWidth: 0 });
  for (const note of notes) shell.err(`${note}\n`);
  check(text, flags.file, shell);
  if (flags.output === undefined) shell.out(text);
  else write(flags.output, text, flags.file);
  return EXIT.good;
}

function importFile({ file, targets, module }: ImportFlags): ImportResult {
  const content = readTextFile(file);
  const document = parse(file, /\.json$/i.test(file) ? withoutComments(content) : content);
  const value: unknown = document.toJS();
  if (hasKey(value, "services")) {
    if (targets !== undefined) throw new CommandError("--targets requires blackbox.yml", "usage");
    validate(file, ecosystemSchema, value);
    return importEcosystem(value as FromSchema<typeof ecosystemSchema>);
  }
  if (!hasKey(value, "modules")) {
    throw new CommandError(
      `${file}: got neither services nor modules, want the JSON of a health monitor or blackbox.yml`,
      "usage",
    );
  }
  const groups: unknown = targets === undefined ? [] : parse(targets, readTextFile(targets)).toJS();
  if (targets !== undefined) validate(targets, targetsSchema, groups);
  const kinds = probers.map(({ kind }) => kind);
  return importBlackbox(document, kinds, groups as FromSchema<typeof targetsSchema>, module);
}

/** Parses YAML or JSON. Errors omit the parser's message, because it quotes the text, which may contain secrets. */
function parse(file: string, text: string): Document {
  const document = parseDocument(text, { prettyErrors: true, logLevel: "error" });
  const [error] = document.errors;
  if (error === undefined) return document;
  const [at] = error.linePos ?? [];
  throw new CommandError(
    `${file}${at === undefined ? "" : `:${at.line}:${at.col}`}: got invalid JSON or YAML (${error.code})`,
    "usage",
  );
}

function validate(file: string, schema: object, value: unknown): void {
  const problems = createValidator({}).check(schema, value);
  if (problems.length === 0) return;
  const lines = problems.map(
    ({ path, got, want }) => `${file}: ${path.join(".")}: got ${got ?? "something else"}, want ${want}`,
  );
  throw new CommandError(lines.join("\n"), "usage");
}

/** Checks the result. Errors omit lines and columns, which refer to the result and not to the user's file. */
function check(text: string, file: string, { env }: Shell): void {
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

const hasKey = (value: unknown, key: string): boolean =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key);

/** A JSON string, or a comment up to the end of its line. */
const STRING_OR_COMMENT = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*/g;

/** Replaces `//` comments in JSON by spaces, so that positions in errors stay right. */
export const withoutComments = (text: string): string =>
  text.replace(STRING_OR_COMMENT, (part) => (part.startsWith('"') ? part : " ".repeat(part.length)));
