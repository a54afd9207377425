import { dirname, isAbsolute, resolve } from "node:path";
import type { Prober } from "../core/prober.ts";
import type { Secret } from "../core/secret.ts";
import { parseDuration, type Seconds, seconds } from "../core/units.ts";
import type { Environment, Findings } from "./document/convert.ts";
import type { Problems } from "./document/problems.ts";
import { fileSecret } from "./document/secrets.ts";
import type { Node, Path } from "./document/tree.ts";
import type { Validator } from "./document/validate.ts";

/** The input that every section is built from. */
export interface BuildContext {
  readonly probers: readonly Prober[];
  /** The file as written. */
  readonly root: Node;
  /** The file converted by the schema. Parts with problems may have any type: ask `problems.isBroken` first. */
  readonly raw: unknown;
  readonly findings: Findings;
  readonly problems: Problems;
  readonly validator: Validator;
  /** Resolves a path of the configuration against the folder of its file. */
  readonly resolvePath: (file: string) => string;
  readonly environment: Environment;
  /** Names of all metrics, which metrics of users must not take. */
  readonly metricNames: ReadonlySet<string>;
}

/** Parses a duration that the schema has accepted. */
export const durationOf = (text: string): Seconds => parseDuration(text) ?? seconds(0);

/** Returns a function that resolves paths against the folder of `file`. */
export const resolverFor = (file: string) => {
  const folder = dirname(resolve(file));
  return (path: string): string => (isAbsolute(path) ? path : resolve(folder, path));
};

/** Reads a secret from a file of the configuration. A file that cannot be used is a problem of `path`. */
export const secretFile = (
  file: string,
  path: Path,
  { problems, resolvePath }: Pick<BuildContext, "problems" | "resolvePath">,
): Secret => fileSecret(resolvePath(file), (problem) => problems.add({ path, ...problem }));
