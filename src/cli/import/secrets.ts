import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { onlyReferences } from "../../config/document/convert.ts";
import { CommandError, codeOf } from "../shell.ts";
import type { Notes } from "./fields.ts";
import type { Path } from "./source.ts";

/** Keeps secrets out of the imported configuration: in files, or as references to environment variables. */
export interface Secrets {
  /** Returns an option with a secret: `{ password_file: FILE }`, or `{ password: "${NAME}" }`. */
  option<Key extends string>(
    key: Key,
    value: string,
    name: string,
    path: Path,
  ): Readonly<Partial<Record<Key | `${Key}_file`, string>>>;
  /** Returns a header with a secret: `{ file: FILE }`, or `"${NAME}"`. */
  header(value: string, name: string, path: Path): string | { readonly file: string };
  /** Returns a reference to a variable, where files are not possible. */
  reference(value: string, name: string, path: Path): string;
  /** Returns an option with a secret that the file does not have, and that the operator is to choose. */
  chosen(key: string, name: string, path: Path): Readonly<Record<string, string>>;
  /** The variables of references, with which the result is checked. */
  variables(): Readonly<Record<string, string>>;
  /** Writes the files. To be called once the result is known to be good, or before its check. */
  write(): void;
}

/**
 * Creates the secrets of one import.
 * @param folder folder for files; without one, secrets become references
 * @param notes told which variable has to be set to the value of which place
 */
export function createSecrets(folder: string | undefined, notes: Notes): Secrets {
  const values = new Map<string, string>();
  const variables: Record<string, string> = {};
  const unique = (name: string): string => {
    const plain = name
      .toUpperCase()
      .replace(/[^A-Z0-9]+/g, "_")
      .replace(/^_+|_+$/g, "");
    const base = /^[A-Z]/.test(plain) ? plain : `SECRET_${plain}`;
    let found = base;
    for (let i = 2; values.has(found) || found in variables; i += 1) found = `${base}_${i}`;
    return found;
  };
  const reference = (value: string, name: string, path: Path): string => {
    if (onlyReferences(value)) return value;
    const variable = unique(name);
    variables[variable] = value;
    notes.add(path, `a secret: set the environment variable ${variable} to it`);
    return `\${${variable}}`;
  };
  const file = (value: string, name: string, root: string): string => {
    const base = unique(name);
    values.set(base, value);
    return resolve(root, base.toLowerCase());
  };
  return {
    option<Key extends string>(key: Key, value: string, name: string, path: Path) {
      const options: Partial<Record<Key | `${Key}_file`, string>> = {};
      if (folder === undefined || onlyReferences(value)) options[key] = reference(value, name, path);
      else options[`${key}_file`] = file(value, name, folder);
      return options;
    },
    header: (value, name, path) =>
      folder === undefined || onlyReferences(value)
        ? reference(value, name, path)
        : { file: file(value, name, folder) },
    reference,
    chosen(key, name, path) {
      const variable = unique(name);
      variables[variable] = "to be chosen";
      notes.add(path, `needs a secret of your choice: set the environment variable ${variable}`);
      return { [key]: `\${${variable}}` };
    },
    variables: () => variables,
    write() {
      if (folder === undefined || values.size === 0) return;
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        for (const [name, value] of values) {
          writeFileSync(join(folder, name.toLowerCase()), `${value}\n`, { mode: 0o600, flag: "wx" });
        }
      } catch (error) {
        throw new CommandError(`${folder}: cannot be written: ${codeOf(error)}`, "failed", { cause: error });
      }
    },
  };
}
