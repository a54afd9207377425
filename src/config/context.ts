import { dirname, isAbsolute, resolve } from "node:path";
import type { Prober } from "../core/prober.ts";
import type { Secret } from "../core/secret.ts";
import { parseDuration, type Seconds, seconds } from "../core/units.ts";
import type { Environment } from "./document/convert.ts";
import type { Remarks } from "./document/remarks.ts";
import { fileSecret } from "./document/secrets.ts";
import { type Path, pathText } from "./document/tree.ts";
import type { CheckedConfig } from "./loading/checked-config.ts";

/** The input that every section is built from. */
export interface BuildContext extends Pick<CheckedConfig, "raw" | "leftEmpty" | "moduleSources"> {
  readonly probers: readonly Prober[];
  readonly problems: Remarks;
  /** Resolves a path of the configuration against the folder of its file. */
  readonly resolvePath: (file: string) => string;
  readonly environment: Environment;
  /** Names of all metrics, which metrics of users must not take. */
  readonly metricNames: ReadonlySet<string>;
}

/** Returns true if the key at `path` is there and was left empty. */
export const isLeftEmpty = (path: Path, { leftEmpty }: Pick<BuildContext, "leftEmpty">): boolean =>
  leftEmpty.size > 0 && leftEmpty.has(pathText(path));

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

/**
 * Returns a secret of a module in a file. A file that cannot be used yet is only a warning at `path`: a side-car may write it
 * later, and until then probes fail.
 */
export function secretFileOfModule(
  file: string,
  path: Path,
  { problems, resolvePath }: Pick<BuildContext, "problems" | "resolvePath">,
): Secret {
  const resolved = resolvePath(file);
  return fileSecret(resolved, ({ got }) =>
    problems.warn(path, `${resolved} cannot be used yet (${got}); probes fail until it can`),
  );
}
