import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { type Finished, type RunOptions, run } from "./process.ts";

/** The programs that scripts/tools.mjs fetches. */
export type ToolName =
  | "prometheus"
  | "promtool"
  | "blackbox_exporter"
  | "alertmanager"
  | "amtool"
  | "llama-server"
  | "logrotate"
  | "mtail";

/** `bookworm`: the oldest version the exporter has to get on with. `newest`: a current one. */
export type ToolVersion = "bookworm" | "newest";

/** How to start a program. */
export interface Tool {
  /** The command and the arguments that come before any others. */
  readonly argv: readonly [command: string, ...prefix: string[]];
  /** Where it has to be started, if that matters to it. */
  readonly cwd: string | undefined;
  /** As it reports itself, such as `3.5.3+ds1`. */
  readonly version: string;
}

/** What scripts/tools.mjs writes; `{root}` in a word is the folder of the manifest. */
interface Manifest {
  readonly programs: Readonly<Record<string, { argv: string[]; cwd?: string; version?: string }>>;
}

const folders: Readonly<Record<ToolVersion, string>> = { bookworm: "bookworm", newest: "sid" };

/**
 * Finds a real counterpart for a test.
 *
 * @throws Error when it is not there: a test without its counterpart fails, it is never skipped
 */
export function tool(name: ToolName, version: ToolVersion): Tool {
  const root = fileURLToPath(new URL(`../../.tools/${folders[version]}`, import.meta.url));
  const file = `${root}/manifest.json`;
  const manifest = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Manifest) : undefined;
  const entry = manifest?.programs[name];
  const [command, ...prefix] = entry?.argv.map((word) => word.replaceAll("{root}", root)) ?? [];
  if (entry === undefined || command === undefined || !existsSync(command)) {
    throw new Error(
      `${name} (${version}) is not here. \`npm test\` fetches it; alone: \`node scripts/tools.mjs\`, which says what stands in the way.`,
    );
  }
  return {
    argv: [command, ...prefix],
    cwd: entry.cwd?.replaceAll("{root}", root),
    version: entry.version ?? "unknown",
  };
}

/** Runs a counterpart to its end, such as promtool, and hands back what it said. */
export function runTool(
  name: ToolName,
  version: ToolVersion,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const { argv, cwd } = tool(name, version);
  return run([...argv, ...args], { ...(cwd === undefined ? {} : { cwd }), ...options });
}
