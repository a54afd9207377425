import type { FromSchema } from "json-schema-to-ts";
import { createValidator } from "../../config/document/validate.ts";
import { decodeText } from "../../core/decode-text.ts";
import { readOnce } from "../../files/once.ts";
import { probers } from "../../probers/index.ts";
import { CommandError, readTextFile } from "../shell.ts";
import { importBlackbox, targetsSchema } from "./blackbox.ts";
import { importEcosystem } from "./ecosystem.ts";
import { importGatus } from "./gatus.ts";
import { importHealthchecks } from "./healthchecks.ts";
import type { Import, ImportResult } from "./names.ts";
import { formatOf, hasKey, IMPORT_FORMATS, type ImportFormat, KEYS } from "./programs.ts";
import { openSource, type Source } from "./source.ts";
import { importUptimeKuma } from "./uptime-kuma.ts";

/** The flags `--targets` and `--module`, which complete a blackbox.yml. */
export interface BlackboxFlags {
  readonly targets?: string;
  readonly module: string;
}

/**
 * Opens a file and says of which program it is.
 * @param content that of the file, if it was read already
 * @param from the program, if it is given; else the file's keys decide
 * @throws CommandError if the file is of none, or does not have the keys of `from`
 */
export function openImport(
  file: string,
  from: ImportFormat | undefined,
  content = readTextFile(file),
): { readonly source: Source; readonly format: ImportFormat } {
  const source = openSource(file, /\.json$/i.test(file) ? withoutComments(content) : content);
  const format = from ?? formatOf(source.value);
  if (format === undefined || !KEYS[format].some((key) => hasKey(source.value, key))) {
    const formats = from === undefined ? IMPORT_FORMATS : [from];
    const wanted = formats.map((one) => `${KEYS[one].join(" or ")} (${one})`).join(", ");
    throw new CommandError(`${file}: got none of the keys of a known program, want ${wanted}`, "usage");
  }
  return { source, format };
}

/** Keys that a configuration of the exporter has. A blackbox.yml is one. */
const OWN_KEYS = ["modules", "targets", "heartbeats"] as const;

/** Largest file that is recognized, in bytes. */
const LARGEST_FOREIGN = 2 ** 20;

/** Returns the program that a file is of, unless it is the exporter's own or cannot be read. */
export function recognize(file: string): ImportFormat | undefined {
  try {
    const content = decodeText(readOnce(file, { most: LARGEST_FOREIGN }));
    const { source, format } = openImport(file, undefined, content);
    return OWN_KEYS.some((key) => hasKey(source.value, key)) ? undefined : format;
  } catch {
    return undefined;
  }
}

/** Converts the file of a program. */
export function convert(
  format: ImportFormat,
  context: Import,
  { targets, module }: BlackboxFlags,
): ImportResult {
  if (targets !== undefined && format !== "blackbox")
    throw new CommandError("--targets requires blackbox.yml", "usage");
  switch (format) {
    case "ecosystem-monitor":
      return importEcosystem(context);
    case "gatus":
      return importGatus(context);
    case "uptime-kuma":
      return importUptimeKuma(context);
    case "healthchecks":
      return importHealthchecks(context);
    case "blackbox": {
      const groups = targets === undefined ? [] : openSource(targets, readTextFile(targets)).value;
      if (targets !== undefined) validate(targets, targetsSchema, groups);
      const kinds = probers.map(({ kind }) => kind);
      return importBlackbox(context, kinds, groups as FromSchema<typeof targetsSchema>, module);
    }
  }
}

function validate(file: string, schema: object, value: unknown): void {
  const problems = createValidator({}).check(schema, value);
  if (problems.length === 0) return;
  const lines = problems.map(
    ({ path, got, want }) => `${file}: ${path.join(".")}: got ${got ?? "something else"}, want ${want}`,
  );
  throw new CommandError(lines.join("\n"), "usage");
}

/** A JSON string, or a comment up to the end of its line. */
const STRING_OR_COMMENT = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*/g;

/** Replaces `//` comments in JSON by spaces, so that positions in errors stay right. */
export const withoutComments = (text: string): string =>
  text.replace(STRING_OR_COMMENT, (part) => (part.startsWith('"') ? part : " ".repeat(part.length)));
