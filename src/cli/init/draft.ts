import { stringify } from "yaml";
import { escapeReferences } from "../../config/document/convert.ts";

/** The first configuration of someone, before it is checked and written. */
export interface Draft {
  readonly text: string;
  /** Environment variables that the configuration refers to, with what each is. */
  readonly variables: ReadonlyMap<string, string>;
  /** The folder that relative paths in the text start at; absent if it has none. */
  readonly folder?: string;
  /** The command to try the configuration, without the name of the program. */
  readonly tryOut: string;
}

/** The first lines of every file. */
export const HEADER = `# yaml-language-server: $schema=exporter.schema.json
# Written by heartbeat-exporter init. For editors, this writes the schema that the first line names:
#   heartbeat-exporter config schema > exporter.schema.json

# Without its first character, the next line keeps state and history over restarts:
# storage: { path: heartbeat.db }
`;

/** Returns a text as a YAML value in one line. What looks like a reference to a variable stays a text. */
export const scalar = (text: string): string => stringify(escapeReferences(text), { lineWidth: 0 }).trimEnd();

/** Joins the lines of an entry. Comments are left out of all but the first entry of a list. */
export const lines = (isFirst: boolean, all: readonly string[]): string =>
  all
    .filter((line) => isFirst || !/^\s*#/.test(line))
    .map((line) => `${line}\n`)
    .join("");
